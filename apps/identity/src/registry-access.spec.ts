import { installation, type RegistryDefinition, type RoleAssignmentDefinition } from '@berth/contracts';
import type { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DefinitionsCopy } from './definitions-copy.js';
import type { IdentityReplica } from './identity-app.suite.js';
import { IdentityPlace } from './identity-place.suite.js';
import type { PolicyStandIn } from './policy-stand-in.suite.js';
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
  let place: IdentityPlace;
  let identity: IdentityReplica;
  let policy: PolicyStandIn;
  let access: RegistryAccess;

  beforeAll(async () => {
    place = await IdentityPlace.start((policy) =>
      policy.set<RoleAssignmentDefinition>({
        kind: 'role-assignment',
        id: uuidv7(),
        account: installation.accountId,
        status: 'active',
        changedAt: '2026-01-01T00:00:00.000Z',
        principal: `user:${somebody}`,
        role: 'Owner',
        scope: { kind: 'repository', registryId: installation.registryId, pattern: 'team/*' },
      }),
    );
    ({ identity, policy } = place);
    access = identity.app.get(RegistryAccess);
  });
  afterAll(() => place.stop());

  async function mapWith(actions: readonly string[]) {
    const { id } = policy.setScopeMap(`map-${uuidv7()}`, actions);
    await identity.follow();
    return identity.app.get(DefinitionsCopy).view.scopeMap(id);
  }

  const placeOf = (name: string): Omit<RegistryDefinition, 'version'> => ({
    ...{ kind: 'registry', id: uuidv7(), account: installation.accountId, name, region: null, resourceGroup: null },
    ...{ plan: 'standard', status: 'active', changedAt: '2026-01-01T00:00:00.000Z' },
  });

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

  it('D15 answers alike about a registry in which a caller may not, and one that is nowhere or elsewhere', async () => {
    policy.set<RegistryDefinition>({ ...placeOf('elsewhere'), account: uuidv7() });
    policy.set<RegistryDefinition>(placeOf('unheld'));
    await identity.follow();
    const answerTo = async (who: Caller, registry: string) => {
      const answer = access.authorize(who, { registry, action: 'tokens/read', resourceName: 'token-1' });
      const { kind, code, message, detail } = (await answer.catch((e: unknown) => e)) as AppError;
      return { kind, code, message, detail };
    };
    const refused = { kind: 'denied', code: 'no-role-assignment' };
    const answers = await Promise.all(['unheld', 'elsewhere', 'nowhere'].map((name) => answerTo(caller, name)));
    expect(answers[0]).toMatchObject(refused);
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    const admin = { ...caller, ref: `user:${installation.adminUserId}` };
    for (const name of ['elsewhere', 'nowhere']) {
      expect(await answerTo(admin, name)).toMatchObject({ kind: 'not-found', code: 'unknown-registry' });
    }
    expect((await identity.entries()).at(-1)).toMatchObject({ event: 'refused', target: { resourceName: 'token-1' } });
  });

  it('does not let rights on repositories manage tokens', async () => {
    const attempt = { registry: 'local', action: 'tokens/read', resourceName: 'token-1' } as const;
    await expect(access.authorize(caller, attempt)).rejects.toMatchObject({ kind: 'denied' });
  });
});
