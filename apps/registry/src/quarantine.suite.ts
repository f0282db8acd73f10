import { installation, type ImmutabilityRule, type RoleAssignmentDefinition } from '@berth/contracts';
import { digestOf, type Digest } from '@berth/oci';
import { expect } from 'vitest';
import type { TestPlace, TestRegistry } from './registry.suite.js';
import { indexType, putManifest } from './sample-content.suite.js';

const { accountId: account, registryId } = installation;
const common = { account, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' } as const;
let version = 1;

/** Lets what is pushed from now on be closed at first, or not any more, as if policy had said so. */
export function setQuarantine(
  registry: TestRegistry,
  quarantine: { isOn: boolean; releaseAfterHours?: number },
  immutability: readonly ImmutabilityRule[] = [],
): Promise<void> {
  version += 1;
  return registry.define({
    ...{ kind: 'content-policies', id: registryId, ...common, version, registryId, immutability: [...immutability] },
    quota: { storageBytes: null, namespaces: [] },
    quarantine: { releaseAfterHours: null, ...quarantine },
  });
}

/** Gives a role in the registry to a principal, as if policy had. */
export function assignRole(
  registry: TestRegistry,
  role: RoleAssignmentDefinition['role'],
  principal: string,
): Promise<void> {
  version += 1;
  const id = `01900000-0000-7000-8000-${String(version).padStart(12, '0')}`;
  const scope = { kind: 'registry', registryId } as const;
  return registry.define({ kind: 'role-assignment', id, ...common, version, principal, role, scope });
}

/** A token of somebody who pushed nothing. */
export function tokenOfOther({ identity }: TestPlace, name: string, ...actions: readonly string[]): string {
  return identity.token({ [name]: actions }, { sub: 'token:01900000-0000-7000-8000-00000000bbbb' });
}

/** Pushes an index over manifests that are there. */
export async function pushIndex(
  registry: TestRegistry,
  name: string,
  { tag, children }: { tag: string; children: readonly { digest: Digest; size: number; mediaType: string }[] },
): Promise<Digest> {
  const bytes = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: indexType, manifests: children }));
  const answer = await putManifest(registry, `/v2/${name}/manifests/${tag}`, bytes, indexType);
  expect(answer.status).toBe(201);
  return digestOf(bytes);
}
