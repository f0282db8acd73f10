import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Grants, somebody, type Somebody } from './grants.suite.js';
import { startPolicy, type PolicyUnderTest } from './policy.suite.js';

let policy: PolicyUnderTest;
let grants: Grants;
let member: Somebody;

beforeAll(async () => {
  policy = await startPolicy();
  grants = new Grants(policy);
  for (const name of ['ownOne', 'unheldOne']) await grants.call('PUT', `/registries/${name}`, { body: {} });
  const { token } = await grants.stranger();
  await grants.call('PUT', '/registries/othersOne', { body: {}, token });
  member = await grants.holderOf('Owner', '/registries/ownOne');
});

afterAll(async () => {
  await policy.stop();
});

const other = somebody().ref;
const lines = ['repositories/team/app/content/read'];
const assignment = { principal: other, role: 'AcrPull' };
const role = { Name: 'Puller', Actions: ['Microsoft.ContainerRegistry/registries/pull/read'] };

/** Whatever names a registry, with `{r}` for its name. */
const requests = [
  ['GET', '/registries/{r}'],
  ['PUT', '/registries/{r}', {}],
  ['PUT', '/registries/{r}', { plan: 'basic', region: 'eu-de' }],
  ['PATCH', '/registries/{r}', { plan: 'basic' }],
  ['DELETE', '/registries/{r}'],
  ['GET', '/registries/{r}/scope-maps'],
  ['GET', '/registries/{r}/scope-maps/readers'],
  ['PUT', '/registries/{r}/scope-maps/readers', { actions: lines }],
  ['PATCH', '/registries/{r}/scope-maps/readers', { actions: lines }],
  ['DELETE', '/registries/{r}/scope-maps/readers'],
  ['GET', '/registries/{r}/namespaces'],
  ['GET', '/registries/{r}/namespaces/team'],
  ['PUT', '/registries/{r}/namespaces/team', {}],
  ['DELETE', '/registries/{r}/namespaces/team'],
  ['GET', '/registries/{r}/policies/anonymous-access'],
  ['PUT', '/registries/{r}/policies/anonymous-access', { repositories: ['open/*'] }],
  ['GET', '/role-assignments?scope=/registries/{r}'],
  ['POST', '/role-assignments', { ...assignment, scope: '/registries/{r}' }],
  ['POST', '/role-assignments', { ...assignment, scope: '/registries/{r}/repositories/team/*' }],
  ['POST', '/role-definitions', { ...role, AssignableScopes: ['/registries/ownOne', '/registries/{r}'] }],
  ['PUT', '/role-definitions/Puller', { ...role, AssignableScopes: ['/registries/{r}/namespaces/team'] }],
  ['POST', '/decisions', { requests: [{ action: 'pull', registry: '{r}', repository: 'team/app' }] }],
  ['POST', '/decisions', { requests: [{ action: 'registries/read', registry: '{r}', principal: other }] }],
  ['POST', '/decisions:explain', { requests: [{ action: 'push', registry: '{r}', repository: 'team/app' }] }],
  ['POST', '/decisions:who-can', { action: 'pull', registry: '{r}' }],
  ['POST', '/decisions:what-can', { registry: '{r}' }],
  ['POST', '/decisions:what-can', { registry: '{r}', principal: other }],
] as const;

type Asked = (typeof requests)[number];

/** An answer without what two requests never share, and without the name that was asked about. */
async function answerOf([method, path, body]: Asked, name: string, token?: string) {
  const filled: unknown = JSON.parse(JSON.stringify(body ?? null).replaceAll('{r}', name));
  const rest = { ...(body === undefined ? {} : { body: filled }), ...(token === undefined ? {} : { token }) };
  const { status, json } = await grants.call(method, path.replace('{r}', name), rest);
  return { status, said: JSON.stringify({ ...json, requestId: '', instance: '' }).replaceAll(name, '*') };
}

describe('D15 a registry that is not the caller`s to know of', () => {
  it.each(requests.map((request) => [request]))('%j is answered alike, whether it is there or not', async (asked) => {
    const names = ['unheldOne', 'othersOne', 'nowhereOne'];
    const answers = await Promise.all(names.map((name) => answerOf(asked, name, member.token)));
    expect(answers).toEqual([answers[0], answers[0], answers[0]]);
    expect([200, 403]).toContain(answers[0]?.status);
  });

  it.each(requests.filter(([method, path]) => `${method} ${path}` !== 'PUT /registries/{r}').map((each) => [each]))(
    '%j is told as it is to who may do it in all of the account',
    async (asked) => {
      const isScope = asked[1].startsWith('/role-');
      for (const name of ['othersOne', 'nowhereOne']) {
        const { status, said } = await answerOf(asked, name);
        expect([status, said]).toEqual([
          isScope ? 400 : 404,
          expect.stringContaining(isScope ? 'invalid_scope_path' : 'unknown-registry'),
        ]);
      }
    },
  );
});
