import type { Definition, NamespaceDefinition, RegistryDefinition } from '@berth/contracts';
import { DefinitionsView } from '@berth/definitions';
import { principalRef } from '@berth/policy-engine';
import { describe, expect, it } from 'vitest';
import { gainedBy, type Moved } from './gained-by-moving.js';

const account = '00000000-0000-7000-8000-000000000001';
const registryId = '00000000-0000-7000-8000-000000000002';
const roleId = '00000000-0000-7000-8000-000000000003';
const ada = principalRef('user', 'ada');
let last = 10;

function common() {
  last += 1;
  const id = `00000000-0000-7000-8000-0000000000${last}`;
  return { id, account, version: last, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' } as const;
}

const registry: RegistryDefinition = {
  kind: 'registry',
  ...common(),
  id: registryId,
  ...{ name: 'local', region: 'us-south', resourceGroup: 'from', plan: 'standard' },
};
const toGroup: Moved = { kind: 'registry', from: registry, to: { ...registry, resourceGroup: 'to' } };
const toRegion: Moved = { kind: 'registry', from: registry, to: { ...registry, region: 'eu-de' } };
const nowhere: Moved = { kind: 'registry', from: registry, to: { ...registry, plan: 'premium' } };
const namespace: NamespaceDefinition = {
  kind: 'namespace',
  ...common(),
  registryId,
  name: 'team',
  resourceGroup: 'to',
};
const ofNamespace: Moved = { kind: 'namespace', registry, to: namespace };

const inGroup = (resourceGroup: string) => ({ kind: 'resource-group', resourceGroup }) as const;
const assignment = (role: string, scope: Extract<Definition, { kind: 'role-assignment' }>['scope']): Definition => {
  return { kind: 'role-assignment', ...common(), principal: ada, role, scope };
};
const policy = (narrowed: object): Definition => {
  const open = { serviceInstance: null, region: null, resourceType: null, resource: null, resourceGroup: null };
  const target = { serviceName: 'container-registry', ...open, isForAllServices: false, ...narrowed };
  return { kind: 'access-policy', ...common(), subject: ada, roles: ['Reader'], target };
};
const custom: Definition = {
  kind: 'role-definition',
  ...common(),
  id: roleId,
  ...{ name: 'signer', description: null, actions: ['sign'], notActions: [], dataActions: [], notDataActions: [] },
  assignableScopes: [inGroup('to')],
};

/** What anybody gains when only these definitions are there. */
function gained(moved: Moved, definitions: readonly Definition[], atMs = Date.UTC(2026, 0, 1)): string[] {
  const view = new DefinitionsView();
  for (const definition of [registry, ...definitions]) view.upsert(definition);
  return [...gainedBy(moved, { holders: [ada], view, atMs })].toSorted();
}

describe('what others gain by a move', () => {
  it.each<[string, Moved, Definition[], string[]]>([
    ['a role in the new group', toGroup, [assignment('AcrDelete', inGroup('to'))], ['content/delete']],
    ['nothing of a role in the group it leaves', toGroup, [assignment('AcrDelete', inGroup('from'))], []],
    ['nothing of a role in a third group', toGroup, [assignment('AcrDelete', inGroup('elsewhere'))], []],
    [
      'nothing of what is held in the registry already',
      toGroup,
      [assignment('Owner', { kind: 'registry', registryId })],
      [],
    ],
    ['nothing of what is held in the account', toRegion, [assignment('Owner', { kind: 'account' })], []],
    ['nothing without a move', nowhere, [assignment('Owner', inGroup('from')), policy({ region: 'us-south' })], []],
    [
      'a custom role that is assignable there only',
      toGroup,
      [custom, assignment(roleId, { kind: 'registry', registryId })],
      ['signature/write'],
    ],
    ['nothing of a policy in the region it leaves', toRegion, [policy({ region: 'us-south' })], []],
    [
      'a role in the group of a namespace',
      ofNamespace,
      [assignment('AcrImageSigner', inGroup('to'))],
      ['signature/write'],
    ],
    [
      'nothing of a policy on another namespace',
      ofNamespace,
      [policy({ resourceGroup: 'to', resourceType: 'namespace', resource: 'other' })],
      [],
    ],
  ])('is %s', (_, moved, definitions, expected) => {
    expect(gained(moved, definitions)).toEqual(expected);
  });

  it.each<[string, Moved, object]>([
    ['in the new region', toRegion, { region: 'eu-de' }],
    ['in the new group', toGroup, { resourceGroup: 'to' }],
    ['in the group of a namespace', ofNamespace, { resourceGroup: 'to' }],
  ])('is all that a policy gives %s', (_, moved, narrowed) => {
    expect(gained(moved, [policy(narrowed)])).toEqual(expect.arrayContaining(['content/read', 'namespaces/list']));
  });

  it('S4-07 is what imported users hold in a region where policies are not enforced yet', () => {
    const unenforced: Definition = { kind: 'enforcement', ...common(), region: 'eu-de', isEnforced: false };
    const before = Date.UTC(2022, 0, 1);
    expect(gained(toRegion, [unenforced], before)).toContain('content/delete');
    expect(gained(toRegion, [unenforced])).toEqual([]);
  });
});
