import { installation, type RoleAssignmentDefinition } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { createTestDatabase, type TestDatabase } from '@berth/testing';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DefinitionsCopy } from './definitions-copy.js';
import { IdentityReplica, migrateIdentity, StoppedClock } from './identity-app.suite.js';
import { PolicyStandIn } from './policy-stand-in.suite.js';
import { RegistryAccess, type Authorized } from './registry-access.js';

const somebody = uuidv7();
const caller: Caller = {
  ref: `user:${somebody}`,
  name: 'ada',
  account: installation.accountId,
  groups: [],
  operator: false,
  token: 'management-token',
  address: undefined,
  userAgent: undefined,
  traceId: undefined,
};

describe('RegistryAccess', () => {
  let database: TestDatabase;
  let policy: PolicyStandIn;
  let identity: IdentityReplica;
  let access: RegistryAccess;

  beforeAll(async () => {
    database = await createTestDatabase();
    policy = await PolicyStandIn.start();
    policy.set<RoleAssignmentDefinition>({
      kind: 'role-assignment',
      id: uuidv7(),
      account: installation.accountId,
      status: 'active',
      changedAt: '2026-01-01T00:00:00.000Z',
      principal: `user:${somebody}`,
      role: 'Owner',
      scope: { kind: 'repository', registryId: installation.registryId, pattern: 'team/*' },
    });
    const databaseUrl = await migrateIdentity(database);
    identity = await IdentityReplica.start({ databaseUrl, policy, clock: new StoppedClock() });
    access = identity.app.get(RegistryAccess);
  });
  afterAll(async () => {
    await identity.stop();
    await policy.stop();
    await database.drop();
  });

  async function mapWith(actions: readonly string[]) {
    const { id } = policy.setScopeMap(`map-${uuidv7()}`, actions);
    await identity.follow();
    return identity.app.get(DefinitionsCopy).view.scopeMap(id);
  }

  function authorized(): Authorized {
    const registry = identity.app.get(DefinitionsCopy).view.registry(installation.registryId);
    if (registry === null) throw new Error('registry local is not known');
    const decidedBy = { kind: 'role-assignment', id: uuidv7(), version: 1 } as const;
    return { caller, registry, action: 'tokens/write', resourceName: 'token-1', decidedBy };
  }

  it('lets a caller give what it holds', async () => {
    const map = await mapWith(['repositories/team/app/content/read', 'repositories/team/*/content/write']);
    await expect(access.requireHeld(authorized(), map)).resolves.toBeUndefined();
  });

  it('names the first line that a caller does not hold, and enters the refusal', async () => {
    const line = 'repositories/*/content/read';
    const map = await mapWith(['repositories/team/app/content/read', line, 'repositories/x/content/read']);
    await expect(access.requireHeld(authorized(), map)).rejects.toMatchObject({
      kind: 'denied',
      code: 'not-held',
      detail: { line },
    });
    expect((await identity.entries()).at(-1)).toMatchObject({
      event: 'refused',
      reason: 'not-held',
      asked: line,
      actor: { id: caller.ref },
    });
  });

  it('lets anybody give a deleted scope map, which gives nothing', async () => {
    await expect(access.requireHeld(authorized(), null)).resolves.toBeUndefined();
  });

  it('knows no registry of another account', async () => {
    const stranger = { ...caller, account: uuidv7() };
    const attempt = { registry: 'local', action: 'tokens/read', resourceName: 'token-1' } as const;
    await expect(access.authorize(stranger, attempt)).rejects.toMatchObject({ kind: 'not-found' });
  });

  it('does not let rights on repositories manage tokens', async () => {
    const attempt = { registry: 'local', action: 'tokens/read', resourceName: 'token-1' } as const;
    await expect(access.authorize(caller, attempt)).rejects.toMatchObject({ kind: 'denied' });
  });
});
