import { isAppError } from '@berth/errors';
import { describe, expect, it } from 'vitest';
import { readTokenQuery } from './token-request.js';

const loginServers = new Map([['localhost:5000', 'local']]);
const read = (parameters: unknown) => readTokenQuery(parameters, loginServers);

function codeOf(parameters: unknown): string | undefined {
  try {
    read(parameters);
  } catch (e) {
    return isAppError(e) && e.kind === 'malformed' ? e.code : 'another error';
  }
  return undefined;
}

const service = 'localhost:5000';

describe('readTokenQuery', () => {
  it('reads what docker sends', () => {
    const parameters = {
      service,
      account: 'ada',
      client_id: 'docker',
      offline_token: 'true',
      scope: 'repository:a:pull',
    };
    expect(read(parameters)).toEqual({
      service,
      account: 'ada',
      asked: 'repository:a:pull offline_token=true',
      isOffline: true,
      scopes: [{ type: 'repository', name: 'a', actions: ['pull'] }],
    });
  });

  it('ignores parameters that it does not know', () => {
    expect(codeOf({ service, whatever: ['1', '2'] })).toBeUndefined();
  });

  it.each([
    ['another registry', { service: 'other.example.com' }],
    ['no service', {}],
    ['service twice', { service: [service, service] }],
    ['service in another case', { service: 'LOCALHOST:5000' }],
  ])('B16 refuses %s', (_what, parameters) => {
    expect(codeOf(parameters)).toBe('invalid_request');
  });

  it('refuses a repeated account and an overlong client_id', () => {
    expect(codeOf({ service, account: ['a', 'a'] })).toBe('invalid_request');
    expect(codeOf({ service, client_id: 'x'.repeat(600) })).toBe('invalid_request');
  });

  it.each([
    ['B4', 'repository:a:b:c:d:pull'],
    ['B5', 'repository:team/app,victim/app:pull'],
    ['B8', 'repository:team/../app:pull'],
    ['B8', 'repository:team//app:pull'],
    ['B8', 'repository:team%2fapp:pull'],
    ['B8', 'repository:team\\app:pull'],
    ['B8', 'repository:team/app\0:pull'],
    ['B9', 'repository:TEAM/app:pull'],
    ['B9', `repository:${'a'.repeat(256)}:pull`],
    ['B10', 'repository:team/*:pull'],
    ['B13', 'repository'],
    ['B13', 'repository:app'],
    ['B13', ':::'],
    ['B13', 'registry(x):y:z'],
  ])('%s refuses scope %j', (_id, scope) => {
    expect(codeOf({ service, scope })).toBe('invalid_scope');
  });

  it('B15 refuses 1,000 scopes and one of a megabyte within 50 ms', () => {
    const startedAt = performance.now();
    expect(codeOf({ service, scope: Array.from({ length: 1000 }, (_, i) => `repository:a${i}:pull`) })).toBe(
      'invalid_scope',
    );
    expect(codeOf({ service, scope: `repository:${'a'.repeat(1_000_000)}:pull` })).toBe('invalid_scope');
    expect(performance.now() - startedAt).toBeLessThan(50);
  });
});
