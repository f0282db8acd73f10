import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isAppError } from '@berth/errors';
import { dockerNames } from './action-spelling.js';
import { parseScopes } from './parse-scopes.js';

const invalid = expect.objectContaining({ kind: 'malformed', code: 'invalid_scope' });
const repository = (name: string, ...actions: string[]): object => ({ type: 'repository', name, actions });

describe('parseScopes', () => {
  it('reads one scope, several parameters, and none', () => {
    expect(parseScopes(['repository:team/app:pull,push'])).toEqual([repository('team/app', 'pull', 'push')]);
    expect(parseScopes(['repository:a:pull', 'repository:b:push'])).toEqual([
      repository('a', 'pull'),
      repository('b', 'push'),
    ]);
    expect(parseScopes([])).toEqual([]);
    expect(parseScopes([''])).toEqual([]);
    expect(parseScopes(['repository:a:'])).toEqual([repository('a')]);
  });

  it('B2 takes * for the actions there are, so that none is ever called *', () => {
    expect(parseScopes(['repository:team/app:*'])).toEqual([repository('team/app', ...dockerNames)]);
    expect(parseScopes(['repository:team/app:pull,,delete,*,PULL,pull'])).toEqual([
      repository('team/app', ...dockerNames),
    ]);
  });

  it('B3 never takes the name behind a host for one of ours', () => {
    expect(parseScopes(['repository:host:5000/team/app:pull'])).toEqual([
      { type: 'unknown', name: 'host:5000/team/app', actions: ['pull'] },
    ]);
    expect(parseScopes(['repository:Host.example.com:5000/team/app:pull'])).toMatchObject([{ type: 'unknown' }]);
    expect(parseScopes(['repository:host.example.com/team/app:pull'])).toEqual([
      repository('host.example.com/team/app', 'pull'),
    ]);
  });

  it.each([
    ['B4', 'repository:a:b:c:d:pull'],
    ['B4', 'repository:a:b:pull'],
    ['B4', 'repository:host:5000:team/app:pull'],
    ['B4', 'repository:host:port/team/app:pull'],
    ['B4', 'repository:host:5000/Team/app:pull'],
    ['B4', 'repository:host:5000/:pull'],
    ['B5', 'repository:team/app,victim/app:pull'],
    ['B8', 'repository:..:pull'],
    ['B8', 'repository:team/../victim:pull'],
    ['B8', 'repository:./app:pull'],
    ['B8', 'repository:team//app:pull'],
    ['B8', 'repository:/team/app:pull'],
    ['B8', 'repository:team/app/:pull'],
    ['B8', 'repository:team/%2e%2e%2fapp:pull'],
    ['B8', 'repository:team/%252e:pull'],
    ['B8', 'repository:team\\app:pull'],
    ['B8', 'repository:team/app\0:pull'],
    ['B8', 'repository:team/app\r\n:pull'],
    ['B8', 'repository:team/app\n:pull'],
    ['B8', 'repository:team\tapp:pull'],
    ['B8', 'repository::pull'],
    ['B9', 'repository:TEAM/app:pull'],
    ['B9', 'repository:tеam/app:pull'],
    ['B9', 'repository:ｔeam/app:pull'],
    ['B9', 'repository:team/app.:pull'],
    ['B9', `repository:${'a'.repeat(256)}:pull`],
    ['B10', 'repository:team/*:pull'],
    ['B10', 'repository:*:pull'],
    ['B10', 'repository:team/a?p:pull'],
    ['B10', 'repository:^.*$:pull'],
    ['B10', 'repository:team/(app|x):pull'],
    ['B13', 'repository'],
    ['B13', 'repository:app'],
    ['B13', ':::'],
    ['B13', ':'],
    ['B13', '::'],
    ['B13', 'registry(x):y:z'],
    ['B13', 'Repository:app:pull'],
    ['B14', 'repository(other):app:pull'],
    ['B14', 'repository():app:pull'],
    ['B14', 'repository(plugin:app:pull'],
    ['B7', 'repository:a:pull  repository:b:pull'],
    ['B7', ' repository:a:pull'],
    ['B7', 'repository:a:pull '],
    ['B7', ' '],
    ['B7', 'repository:a:pull\trepository:b'],
  ])('%s refuses %j', (_, value) => {
    expect(() => parseScopes([value])).toThrow(invalid);
    expect(() => parseScopes(['repository:fine:pull', value])).toThrow(invalid);
  });

  it('B6 drops what is given twice and what is not known', () => {
    expect(parseScopes(['repository:team/app:pull,,delete,PULL,pull,x'])).toEqual([
      repository('team/app', 'pull', 'delete'),
    ]);
    expect(parseScopes(['repository:a:constructor,__proto__,content/read'])).toEqual([repository('a')]);
  });

  it('B7 reads several scopes of one parameter, each for itself', () => {
    expect(parseScopes(['repository:team/app:pull repository:victim/app:push'])).toEqual([
      repository('team/app', 'pull'),
      repository('victim/app', 'push'),
    ]);
  });

  it('makes one of several scopes for the same repository', () => {
    expect(parseScopes(['repository:a:pull repository:b:pull', 'repository:a:push,pull'])).toEqual([
      repository('a', 'pull', 'push'),
      repository('b', 'pull'),
    ]);
  });

  it('B12 reads the catalog, which has one action', () => {
    expect(parseScopes(['registry:catalog:*'])).toEqual([{ type: 'registry', name: 'catalog', actions: ['*'] }]);
    expect(parseScopes(['registry:catalog:pull'])).toEqual([{ type: 'registry', name: 'catalog', actions: [] }]);
  });

  it('reads a type that does not exist here as never granted', () => {
    expect(parseScopes(['registry:other:*', 'namespace:team:read'])).toMatchObject([
      { type: 'unknown', name: 'other' },
      { type: 'unknown', name: 'team', actions: [] },
    ]);
  });

  it('B14 reads the plugin class as the same repository', () => {
    expect(parseScopes(['repository(plugin):team/app:pull repository:team/app:push'])).toEqual([
      repository('team/app', 'pull', 'push'),
    ]);
  });

  it('B15 accepts 100 scopes and refuses 101, however they are spread', () => {
    const scopes = Array.from({ length: 100 }, (_, at) => `repository:a${at}:pull`);

    expect(parseScopes(scopes)).toHaveLength(100);
    expect(parseScopes([scopes.join(' ')])).toHaveLength(100);
    expect(() => parseScopes([...scopes, 'repository:one-more:pull'])).toThrow(invalid);
    expect(() => parseScopes([scopes.join(' '), 'repository:one-more:pull'])).toThrow(invalid);
    expect(() => parseScopes([`${scopes.join(' ')} repository:one-more:pull`])).toThrow(invalid);
  });

  it.each<[string, string[]]>([
    ['1,000 parameters', Array<string>(1000).fill('repository:a:pull')],
    ['a scope of 1 MB', [`repository:${'a'.repeat(1_000_000)}:pull`]],
    ['a well-formed scope of 64 KiB', [`repository:a:${'pull,'.repeat(13_200)}`]],
    ['1 MB of spaces', [' '.repeat(1_000_000)]],
    ['1 MB of colons', [':'.repeat(1_000_000)]],
    ['64 KiB of a host', [`repository:${'a-'.repeat(32_000)}:5000/x:pull`]],
    ['64 KiB of actions and a bad name', [`repository:A:${'pull,'.repeat(13_000)}`]],
  ])('B15 refuses %s in less than 50 ms of CPU time', (_, values) => {
    const before = process.threadCpuUsage();

    expect(() => parseScopes(values)).toThrow(invalid);
    const { user, system } = process.threadCpuUsage(before);
    expect((user + system) / 1000).toBeLessThan(50);
  });

  it('quotes what was wrong, cut and escaped', () => {
    expect(() => parseScopes(['x\r\ny'])).toThrow('malformed scope "x\\r\\ny"');
    expect(() => parseScopes(['x'.repeat(60_000)])).toThrow(/^.{0,500}$/);
  });

  it('throws nothing but its own error and never answers a name it was not asked for', () => {
    const piece = fc.constantFrom('repository', 'registry', 'catalog', ':', '/', ' ', ',', '*', 'a', 'B', '5000', '.');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const value = pieces.join('');
        try {
          for (const { name } of parseScopes([value])) expect(value).toContain(`:${name}:`);
        } catch (e) {
          expect(isAppError(e) && e.code).toBe('invalid_scope');
        }
      }),
      { numRuns: 3000 },
    );
  });
});
