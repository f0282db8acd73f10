import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { Grants, type Somebody } from './grants.suite.js';
import { recordOf } from './identity-stand-in.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

/** The cases of the engine, as far as these files go. */
const caseFile = z.object({
  roleAssignments: z.array(z.object({ id: z.string(), principal: z.string(), role: z.string() })).default([]),
  accessPolicies: z.array(z.object({ id: z.string(), subject: z.string(), roles: z.array(z.string()) })).default([]),
  cases: z.array(
    z.object({ name: z.string(), ask: z.string(), allow: z.string().optional(), deny: z.string().optional() }),
  ),
});

const cases = join(import.meta.dirname, '../../../libs/policy-engine/src/cases');
const files = [
  'role-table',
  'role-table-with-quarantine',
  'service-roles-to-use',
  'service-roles-to-configure',
  'operations-to-use',
  'operations-to-configure',
].map((name) => ({ name, file: caseFile.parse(parse(readFileSync(join(cases, `${name}.yaml`), 'utf8'))) }));

let policy: PolicyUnderTest;
let grants: Grants;

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
});

afterAll(async () => {
  await policy.stop();
});

/** What was granted through the API in place of a file's definitions: their ids, and who holds them. */
interface World {
  readonly ids: Map<string, string>;
  readonly refs: Map<string, string>;
}

async function granted(file: z.infer<typeof caseFile>): Promise<World> {
  const world: World = { ids: new Map(), refs: new Map() };
  const principalOf = (named: string) => {
    const ref = `${named.split(':', 1).join('')}:${randomUUID()}`;
    world.refs.set(named.slice(named.indexOf(':') + 1), ref);
    policy.identity.principals.push(recordOf(ref));
    return ref;
  };
  for (const { id, principal, role } of file.roleAssignments) {
    const { json } = await grants.assign(principalOf(principal), role, '/registries/local');
    world.ids.set(id, String(json['id']));
  }
  for (const { id, subject, roles } of file.accessPolicies) {
    const body = { subject: principalOf(subject), roles, target: { serviceName: 'container-registry' } };
    const { json } = await grants.call('POST', '/access-policies', { body });
    world.ids.set(id, String(json['id']));
  }
  return world;
}

/** The questions of one case: all of them are decided alike. */
function questionsOf({ refs }: World, ask: string): object[] {
  const [who = '', actions = '', where = ''] = ask.split(' ');
  const place = where.startsWith('ns:') ? { namespace: where.slice(3) } : where === '-' ? {} : { repository: where };
  return actions.split(/[,+]/).map((action) => ({ principal: refs.get(who), action, registry: 'local', ...place }));
}

describe.each(files)('$name, granted and asked over HTTP', ({ file }) => {
  let world: World;

  beforeAll(async () => {
    world = await granted(file);
  });

  it.each(file.cases.map((each) => [each.name, each] as const))('%s', async (_, { ask, allow }) => {
    const body = { requests: questionsOf(world, ask) };
    const { status, json } = await grants.call('POST', '/decisions', { body });
    expect(status).toBe(200);
    const decisions = json['decisions'] as { effect: string; by?: string }[];
    const effects = decisions.map(({ effect }) => effect);
    if (allow === undefined) {
      // All of `a+b` are needed; of `a,b` each by itself is asked.
      if (ask.includes('+')) expect(effects).toContain('deny');
      else expect(new Set(effects)).toEqual(new Set(['deny']));
      return;
    }
    const [kind, id = ''] = allow.split(' ');
    expect(new Set(effects)).toEqual(new Set(['allow']));
    expect(decisions[0]?.by).toBe(`${kind}:${world.ids.get(id)}`);
  });
});

/** Operations of policy itself, one for each kind of right: what a caller may do is answered otherwise than 403. */
const operations = [
  ['AccessResourceManager', 'GET', '/registries/local', undefined],
  ['ManageFull', 'DELETE', '/registries/local/scope-maps/not-there', undefined],
  ['ChangePolicies', 'PUT', '/registries/local/policies/anonymous-access', { repositories: [] }],
  ['SeeAssignments', 'GET', '/role-assignments', undefined],
  ['Grant', 'POST', '/role-assignments', { principal: 'user:1', role: 'AcrPull', scope: '/registries/local' }],
  ['DefineRoles', 'DELETE', '/role-definitions/team%20pull', undefined],
] as const;

const may: Readonly<Record<string, readonly string[]>> = {
  Owner: operations.map(([name]) => name),
  Contributor: ['AccessResourceManager', 'ManageFull', 'ChangePolicies', 'SeeAssignments'],
  Reader: ['AccessResourceManager', 'SeeAssignments'],
  ...{ AcrPush: [], AcrPull: [], AcrDelete: [], AcrImageSigner: [], AcrQuarantineReader: [], AcrQuarantineWriter: [] },
};

describe.each(Object.entries(may))('%s, who manages', (role, allowed) => {
  let holder: Somebody;

  beforeAll(async () => {
    holder = await grants.holderOf(role, '/registries/local');
    const body = { Name: 'team pull', Actions: ['content/read'], AssignableScopes: ['/registries/local'] };
    await grants.call('PUT', '/role-definitions/team%20pull', { body });
  });

  it.each(operations)(`S2-${role}-%s by %s %s`, async (name, method, path, body) => {
    const { token } = holder;
    const { status } = await grants.call(method, path, body === undefined ? { token } : { token, body });
    if (allowed.includes(name)) expect([200, 201, 204, 404]).toContain(status);
    else expect(status).toBe(403);
  });
});
