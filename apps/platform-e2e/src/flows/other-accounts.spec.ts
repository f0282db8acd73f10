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

beforeAll(async () => {
  rival = await createRival(berth);
  stranger = await createOwner(berth, 'stranger');
});

/** One request of the stranger; a text is sent as the lines that it is. */
async function ask({ method, path, operationId, hasBody }: Operation, values: PathValues) {
  const body = bodies[operationId];
  if (hasBody && body === undefined) throw new Error(`give a body for ${operationId}, so that it is tried`);
  const address = addressOf(path, values);
  if (typeof body !== 'string') return stranger.call(method, address, body);
  const answer = await stranger.send(method, address, { body, contentType: 'application/x-ndjson' });
  return { status: answer.status, body: await answer.json() };
}

function statusOf({ path, operationId }: Operation): number {
  if (path.startsWith('/api/v1/accounts')) return 403;
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
    const [foreign, nothing] = [await ask(operation, values), await ask(operation, unknown)];
    expect(alike(foreign, values)).toEqual(alike(nothing, unknown));
    expect(foreign.status, JSON.stringify(foreign.body)).toBe(statusOf(operation));
  });
});
