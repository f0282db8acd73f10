import { randomUUID } from 'node:crypto';
import { sharedPlatform, type ManagementClient, type ReachablePlatform } from '@berth/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { createOwner, createRival, type PathValues, type RivalAccount } from './other-accounts.suite.js';

interface Operation {
  readonly method: string;
  readonly path: string;
  readonly operationId: string;
  readonly hasBody: boolean;
}

/** One line of an import. */
const ndjson = '{"name":"rival-token","scopeMap":"rival-map"}\n';

/** What each operation takes that needs a body; a new one is missing here, and its test says so. */
const bodies: Readonly<Record<string, unknown>> = {
  'changeQuarantine.patch': { quarantineState: 'Passed', quarantineDetails: '' },
  createApiKey: {},
  generatePassword: { slot: 1 },
  patchFleetKey: { status: 'disabled' },
  patchRegistry: { plan: 'standard' },
  patchScopeMap: { description: 'mine now' },
  patchServiceId: { status: 'disabled' },
  patchToken: { status: 'disabled' },
  patchUser: { status: 'disabled' },
  putAccessPolicy: {
    subject: `user:${randomUUID()}`,
    roles: ['Reader'],
    target: { serviceName: 'container-registry' },
  },
  // Read before anything is looked up, so that it is refused for itself.
  putCertificate: { pem: 'no certificate' },
  putAnonymousAccess: { repositories: ['rival/*'] },
  putEnforcement: { enforced: true },
  putImmutability: { rules: [] },
  putQuarantine: { enabled: false },
  putQuota: { storageBytes: null },
  putFleet: { scopeMap: 'rival-map' },
  putNamespace: {},
  putRegistry: { plan: 'standard' },
  putRoleDefinition: { Name: 'Mine now', Actions: [], AssignableScopes: ['/'] },
  'putRoleDefinition.patch': { Name: 'Mine now' },
  putScopeMap: { actions: ['repositories/rival/app/content/read'] },
  putToken: { scopeMap: 'rival-map' },
  importTokens: ndjson,
  revokeTokens: { names: ['rival-token'], action: 'disable' },
};

/** What is not about a thing of an account: it is the caller's own. A PUT of a registry takes a name, which is one for all. */
const withoutThings = /^\/(oauth2|auth|\.well-known)\/|\/users\/me\b|^\/api\/v1\/enforcement\//;

const berth: ReachablePlatform = sharedPlatform();
const operations = await readOperations(berth.origin);
let rival: RivalAccount;
let stranger: ManagementClient;
let member: ManagementClient;

beforeAll(async () => {
  rival = await createRival(berth);
  stranger = await createOwner(berth, 'stranger');
  for (const name of ['heldregistry', 'unheldregistry']) await berth.management.do('PUT', `/registries/${name}`, {});
  member = await createOwner(berth, 'member', '/registries/heldregistry');
});

/** One request of somebody; a text is sent as the lines that it is. */
async function ask(client: ManagementClient, { method, path, operationId, hasBody }: Operation, values: PathValues) {
  const body = bodies[operationId];
  if (hasBody && body === undefined) throw new Error(`give a body for ${operationId}, so that it is tried`);
  const address = addressOf(path, values);
  if (typeof body !== 'string') return client.call(method, address, body);
  const answer = await client.send(method, address, { body, contentType: 'application/x-ndjson' });
  return { status: answer.status, body: await answer.json() };
}

function statusOf({ path, operationId }: Operation): number {
  // No Owner is an operator, or changes what is in quarantine.
  if (path.startsWith('/api/v1/accounts') || operationId === 'changeQuarantine.patch') return 403;
  return operationId === 'putCertificate' ? 400 : 404;
}

async function readOperations(origin: string): Promise<readonly Operation[]> {
  const answer = await fetch(`${origin}/api/v1/openapi.json`);
  const { paths } = (await answer.json()) as {
    paths: Record<string, Record<string, { operationId: string; requestBody?: object }>>;
  };
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, { operationId, requestBody }]) => ({
      ...{ method: method.toUpperCase(), path, operationId, hasBody: requestBody !== undefined },
    })),
  );
}

function valuesFor(path: string): PathValues {
  const thing = rival.things.find(({ below }) => path.startsWith(below));
  if (thing === undefined) throw new Error(`${path}: the suite makes no such thing; add it, so that it is tried`);
  return thing.values;
}

/** The values of a thing that never was, alike in form. */
function unknownLike(values: PathValues): PathValues {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      if (name === 'slot') return [name, value];
      return [
        name,
        value
          .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, randomUUID())
          .replace('rival', `n${randomUUID().slice(0, 4)}`),
      ];
    }),
  );
}

function addressOf(path: string, values: PathValues): string {
  return path.replace(/^\/api\/v1/, '').replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new Error(`${path}: the suite has no value for ${name}`);
    return value;
  });
}

/** An answer without what two requests never share. */
function alike({ status, body }: { status: number; body: unknown }, values: PathValues): unknown {
  let text = JSON.stringify({ status, body }).replace(/"(requestId|instance)":"[^"]*"/g, '');
  for (const value of Object.values(values)) text = text.replaceAll(decodeURIComponent(value), '*');
  return text;
}

const addressed = operations.filter(
  ({ method, path, operationId }) =>
    path.includes('{') && !withoutThings.test(path) && `${operationId} ${method}` !== 'putRegistry PUT',
);

describe('D15 what belongs to another account, on every address that the API publishes', () => {
  it('is there for its own Owner', async () => {
    const reads = addressed.filter(({ method, path }) => method === 'GET' && !path.includes('repositories/{name}'));
    const refused = [];
    for (const { path } of reads.filter((each) => !each.path.startsWith('/api/v1/accounts'))) {
      const { status } = await rival.owner.call('GET', addressOf(path, valuesFor(path)));
      if (status !== 200) refused.push(`${path} ${status}`);
    }
    expect(refused).toEqual([]);
  });

  it('keeps the name of its registry: there is one of each in an installation', async () => {
    const { status } = await stranger.call('PUT', '/registries/rivalregistry', {});
    expect(status).toBe(409);
  });

  it.each(addressed)('$method $path is answered as if it did not exist', async (operation) => {
    const values = valuesFor(operation.path);
    const unknown = unknownLike(values);
    const [foreign, nothing] = [await ask(stranger, operation, values), await ask(stranger, operation, unknown)];
    expect(alike(foreign, values)).toEqual(alike(nothing, unknown));
    expect(foreign.status, JSON.stringify(foreign.body)).toBe(statusOf(operation));
  });
});

const inRegistries = addressed.filter(({ path }) => path.startsWith('/api/v1/registries/{registry}'));

describe('D15 what a registry holds, to a member of its account who may do nothing there', () => {
  it.each(inRegistries)(
    '$method $path is answered alike, whether there is such a registry or not',
    async (operation) => {
      const values = valuesFor(operation.path);
      const answers = [];
      for (const registry of ['unheldregistry', 'rivalregistry', 'nowhereregistry']) {
        const named = { ...values, registry };
        answers.push(alike(await ask(member, operation, named), named));
      }
      expect(answers).toEqual([answers[0], answers[0], answers[0]]);
      expect(String(answers[0])).toMatch(statusToMembers(operation));
    },
  );
});

/** Nothing is shown of what can't be seen; what is read before anything is looked up, is refused for itself. */
function statusToMembers({ method, path, operationId }: Operation): RegExp {
  if (operationId === 'putCertificate') return /"status":400/;
  return method === 'GET' && path.endsWith('/repositories') ? /"status":200.*"items":\[\]/ : /"status":403/;
}
