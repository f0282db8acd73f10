import { describe, expect, it } from 'vitest';
import { chooseService } from './choose-service.js';

describe('chooseService', () => {
  it.each([
    ['/v2/', 'registry', false],
    ['/v2/samples/hello-world/manifests/v1?x=1', 'registry', false],
    ['/oauth2/token?service=a', 'identity', false],
    ['/.well-known/jwks.json', 'identity', false],
    ['/api/v1/registries/local/tokens', 'identity', true],
    ['/api/v1/registries/local/repositories', 'registry', true],
    ['/api/v1/registries/local/usage', 'registry', true],
    ['/api/v1/registries/local/usage/repositories', 'registry', true],
    ['/api/v1/registries/local/repositories/samples%2Fhello', 'registry', true],
    ['/api/v1/registries/local/tokens/mytoken/passwords', 'identity', true],
    ['/api/v1/registries/local/tokens:import', 'identity', true],
    ['/api/v1/registries/local/fleets/meters/keys', 'identity', true],
    ['/api/v1/signing-keys', 'identity', true],
    ['/api/v1/signing-keys:rotate', 'identity', true],
    ['/api/v1/registries/tokens', 'policy', true],
    ['/api/v1/registries/local/scope-maps/a', 'policy', true],
    ['/api/v1/registries', 'policy', true],
    ['/api/v1/registries/local', 'policy', true],
    ['/api/v1/registries/local/namespaces/samples', 'policy', true],
    ['/api/v1/registries/local/namespaces/tokens', 'policy', true],
    ['/api/v1/registries/local/namespaces/samples/retention:analyze', 'registry', true],
    ['/api/v1/registries/local/policies/anonymous-access', 'policy', true],
    ['/api/v1/registries/local/policies/retention', 'policy', true],
    ['/api/v1/registries/local/policies/quarantine', 'policy', true],
    ['/api/v1/registries/local/quota', 'policy', true],
    ['/api/v1/registries/local/constructor', 'policy', true],
    ['/api/v1/accounts', 'policy', true],
    ['/api/v1/role-definitions/operations', 'policy', true],
    ['/api/v1/role-assignments', 'policy', true],
    ['/api/v1/access-policies/users', 'policy', true],
    ['/api/v1/enforcement/eu-de', 'policy', true],
    ['/api/v1/decisions', 'policy', true],
    ['/api/v1/decisions:explain', 'policy', true],
    ['/api/v1/decisions:who-can', 'policy', true],
    ['/api/v1/users', 'identity', true],
    ['/api/v1/users/me/password', 'identity', true],
    ['/api/v1/service-ids/1/api-keys', 'identity', true],
    ['/api/v1/groups/1/members/user:2', 'identity', true],
    ['/api/v1/federations', 'identity', true],
    ['/api/v1/personal-tokens', 'identity', true],
    ['/api/v1/sessions', 'identity', true],
    ['/api/v1/registries/local/pull-secrets', 'identity', true],
    ['/api/v1/registries/local/tokens:revoke', 'identity', true],
    ['/api/v1/users-of-old', 'policy', true],
    ['/auth/login', 'identity', false],
    ['/api/v1/audit/entries?actor=x', 'audit', true],
    ['/api/v1/registries/local/scope-maps/samples%2Fhello', 'policy', true],
  ])('sends %s to %s', (url, upstream, isManagement) => {
    expect(chooseService(url)).toEqual({ upstream, isManagement });
  });

  it.each(['/', '/internal/changes', '/health/ready', '/metrics', '/api', '/api/v2/x', '/V2/_catalog', '/v2x/'])(
    'knows no service for %s',
    (url) => expect(() => chooseService(url)).toThrow(expect.objectContaining({ kind: 'not-found' })),
  );

  it.each([
    '/v2/../internal/changes',
    '/v2/%2e%2e/internal/changes',
    '/v2/a/%2E./internal/changes',
    '/v2/.',
    '/./v2/_catalog',
    '//v2/_catalog',
    '/v2//_catalog',
    '/v2/a\\b',
    '/v2/a b',
    '/v2/\u00e4',
    'http://other.example/v2/',
    '*',
    `/v2/${'a'.repeat(9000)}`,
  ])('C1 C8 refuses %s, which another program may read otherwise', (url) => {
    expect(() => chooseService(url)).toThrow(expect.objectContaining({ kind: 'malformed' }));
  });
});
