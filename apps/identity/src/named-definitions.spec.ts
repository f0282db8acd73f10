import { installation, type AccountDefinition, type RegistryDefinition } from '@berth/contracts';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DefinitionsCopy } from './definitions-copy.js';
import { adminPassword, type Method } from './identity-app.suite.js';
import { active, IdentityPlace } from './identity-place.suite.js';

const repositories = [{ name: 'team/app', actions: ['pull'] }];

describe('what policy wrote a moment ago', () => {
  let place: IdentityPlace;
  const call = (method: Method, path: string, body?: object) =>
    place.identity.callAs(`admin:${adminPassword}`, [method, path], body);

  beforeAll(async () => {
    place = await IdentityPlace.start();
  });
  afterAll(() => place.stop());

  /** The copy has not heard of it. */
  function newRegistry(): RegistryDefinition {
    const id = uuidv7();
    const where = { account: installation.accountId, region: null, resourceGroup: null, plan: 'standard' } as const;
    const name = `new-${id.slice(-12)}`;
    const registry = place.policy.set<RegistryDefinition>({ kind: 'registry', id, name, ...where, ...active });
    expect(place.identity.app.get(DefinitionsCopy).view.registry(id)).toBeNull();
    return registry;
  }

  it('is found: a token is made in a registry that the copy has not heard of', async () => {
    const { name } = newRegistry();
    const answer = await call('PUT', `/registries/${name}/tokens/token-1`, { scopeMap: '_repositories_pull' });
    expect(answer.statusCode, answer.body).toBe(201);
  });

  it('is found: a person mints a token in a registry that the copy has not heard of', async () => {
    const { name: registry } = newRegistry();
    const answer = await call('POST', '/users/me/tokens', { registry, name: 'own-token', repositories });
    expect(answer.statusCode, answer.body).toBe(201);
    expect(answer.json()).toMatchObject({ registry, name: 'own-token' });
  });

  it('is found: a user is made in an account that the copy has not heard of', async () => {
    const id = uuidv7();
    place.policy.set<AccountDefinition>({ kind: 'account', id, account: id, name: 'just-made', ...active });
    const answer = await call('POST', '/users', { name: 'first', password: 'correct horse battery', account: id });
    expect(answer.statusCode, answer.body).toBe(201);
  });

  it('is told apart from what nobody wrote', async () => {
    const token = await call('POST', '/users/me/tokens', { registry: 'nowhere', name: 'own-token', repositories });
    expect([token.statusCode, token.json<{ code: string }>().code]).toEqual([404, 'unknown-registry']);
    const user = { name: 'second', password: 'correct horse battery', account: uuidv7() };
    expect((await call('POST', '/users', user)).json()).toMatchObject({ status: 400, code: 'unknown-account' });
  });
});
