import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRepositoryName } from '@berth/oci';
import { accessCovers, accessOpensCatalog } from './access-entry.js';
import { actionCatalogue } from './action-catalogue.js';
import type { Action } from './action.js';
import { formatActionLine, parseActionLine } from './action-line.js';
import { actionOfDockerName, dockerNameOf, dockerNames, isRepositoryScoped, parseAction } from './action-spelling.js';

describe('the action catalogue', () => {
  it('gives every spelling to one action only', () => {
    const spellings = actionCatalogue.flatMap(({ action, docker, acrScopeMap, acrRole, ibm }) =>
      [...new Set([action, docker, acrScopeMap, acrRole, ibm])].filter((each) => each !== null),
    );

    expect(new Set(spellings).size).toBe(spellings.length);
  });

  it('reads every spelling it offers', () => {
    for (const { action, docker, acrScopeMap, acrRole, ibm } of actionCatalogue) {
      for (const spelling of [action, docker, acrScopeMap, acrRole, ibm]) {
        if (spelling !== null) expect(parseAction(spelling)).toBe(action);
      }
    }
  });

  it.each<[string, Action | null]>([
    ['pull', 'content/read'],
    ['metadata_write', 'metadata/write'],
    ['Microsoft.ContainerRegistry/registries/artifacts/delete', 'content/delete'],
    ['microsoft.containerregistry/registries/PULL/read', 'content/read'],
    ['Microsoft.ContainerRegistry/registries/read', 'registries/read'],
    ['Microsoft.ContainerRegistry/registries/scopeMaps/write', 'scopeMaps/write'],
    ['container-registry.image.inspect', 'metadata/read'],
    ['PULL', null],
    ['Content/Read', null],
    ['*', null],
    ['', null],
    ['constructor', null],
    ['__proto__', null],
    ['content/*', null],
  ])('reads the spelling %j as %j', (spelling, action) => {
    expect(parseAction(spelling)).toBe(action);
  });

  it('knows the Docker names', () => {
    expect(dockerNames).toEqual([
      ...['pull', 'push', 'delete', 'metadata_read', 'metadata_write', 'sign', 'quarantine_read', 'quarantine_write'],
    ]);
    expect(actionOfDockerName('push')).toBe('content/write');
    expect(actionOfDockerName('content/write')).toBeNull();
    expect(dockerNameOf('content/delete')).toBe('delete');
    expect(dockerNameOf('tokens/write')).toBeNull();
  });

  it('tells what is done to a repository from what is done to a registry', () => {
    expect(actionCatalogue.filter(({ action }) => isRepositoryScoped(action)).map(({ action }) => action)).toEqual([
      'content/read',
      'content/write',
      'content/delete',
      'metadata/read',
      'metadata/write',
      'signature/write',
      'quarantine/read',
      'quarantine/write',
      'catalog/list',
      'trash/read',
      'trash/restore',
      'trash/purge',
      'vulnerabilityReports/write',
    ]);
  });
});

describe('parseActionLine', () => {
  it.each<[string, string, string]>([
    ['repositories/samples/hello-world/content/read', 'samples/hello-world', 'content/read'],
    ['repositories/a/metadata/write', 'a', 'metadata/write'],
    ['repositories/team/*/content/delete', 'team/*', 'content/delete'],
    ['repositories/*/content/write', '*', 'content/write'],
    ['repositories/a/content/read/content/read', 'a/content/read', 'content/read'],
    ['repositories/repositories/content/read', 'repositories', 'content/read'],
  ])('S1-13 reads %s and writes it back', (line, pattern, action) => {
    const parsed = parseActionLine(line);

    expect(parsed).toEqual({ pattern, action });
    expect(formatActionLine(parsed)).toBe(line);
  });

  it.each([
    ['', 'starts with'],
    ['samples/hello-world/content/read', 'starts with'],
    ['Repositories/a/content/read', 'starts with'],
    ['repositories/a/pull', 'ends with one of'],
    ['repositories/a/content/Read', 'ends with one of'],
    ['repositories/a/content', 'ends with one of'],
    ['repositories/a/tokens/write', 'ends with one of'],
    ['repositories/a/registries/read', 'ends with one of'],
    ['repositories/a/content/*', 'ends with one of'],
    ['repositories/a/content/read ', 'ends with one of'],
    ['repositories/content/read', 'the repository is'],
    ['repositories//content/read', 'the repository is'],
    ['repositories/A/content/read', 'the repository is'],
    ['repositories/a//b/content/read', 'the repository is'],
    ['repositories/../content/read', 'the repository is'],
    ['repositories/team*/content/read', 'the repository is'],
    ['repositories/*/app/content/read', 'the repository is'],
    ['repositories/team/*/*/content/read', 'the repository is'],
    ['repositories/**/content/read', 'the repository is'],
    [`repositories/${'a'.repeat(256)}/content/read`, 'the repository is'],
  ])('refuses %j and says what would be right', (line, rule) => {
    expect(() => parseActionLine(line)).toThrow(
      expect.objectContaining({
        kind: 'malformed',
        code: 'invalid_action_line',
        message: expect.stringContaining(rule),
        detail: { line: line.slice(0, 300) },
      }),
    );
  });

  it('quotes the offending line, control characters escaped and cut', () => {
    expect(() => parseActionLine('x\r\ny')).toThrow('"x\\r\\ny"');
    expect(() => parseActionLine('x'.repeat(100_000))).toThrow(/^.{0,700}$/);
  });
});

describe('accessCovers', () => {
  const name = parseRepositoryName('team/app');
  const other = parseRepositoryName('team/app2');

  it('allows what an entry names, on exactly its repository', () => {
    const entries = [{ type: 'repository', name, actions: ['pull', 'metadata_read'] }];

    expect(accessCovers(entries, { name, action: 'content/read' })).toBe(true);
    expect(accessCovers(entries, { name, action: 'metadata/read' })).toBe(true);
    expect(accessCovers(entries, { name, action: 'content/write' })).toBe(false);
    expect(accessCovers(entries, { name: other, action: 'content/read' })).toBe(false);
    expect(accessCovers([], { name, action: 'content/read' })).toBe(false);
  });

  it('looks at every entry of a repository', () => {
    const entries = [
      { type: 'repository', name, actions: ['pull'] },
      { type: 'repository', name, actions: ['push'] },
    ];

    expect(accessCovers(entries, { name, action: 'content/write' })).toBe(true);
  });

  it.each([
    { type: 'repository', name: 'team/*', actions: ['pull'] },
    { type: 'repository', name: '*', actions: ['pull'] },
    { type: 'repository', name: 'team/app', actions: ['*'] },
    { type: 'repository', name: 'team/app', actions: ['content/read'] },
    { type: 'repository', name: 'TEAM/APP', actions: ['pull'] },
    { type: 'registry', name: 'team/app', actions: ['pull'] },
    { type: 'repository(plugin)', name: 'team/app', actions: ['pull'] },
  ])('takes nothing for a pattern: %j', (entry) => {
    expect(accessCovers([entry], { name, action: 'content/read' })).toBe(false);
  });

  it('never allows management', () => {
    const entries = [{ type: 'repository', name, actions: ['tokens/write', 'null', 'undefined'] }];

    expect(accessCovers(entries, { name, action: 'tokens/write' })).toBe(false);
  });

  it('allows exactly what is listed, for any list', () => {
    const names = fc.constantFrom('a', 'a/b', 'b');
    const entry = fc.record({
      type: fc.constant('repository'),
      name: names,
      actions: fc.subarray([...dockerNames]),
    });
    const rows = actionCatalogue.filter((row) => row.repositoryScoped);
    fc.assert(
      fc.property(fc.array(entry), names, fc.constantFrom(...rows), (entries, wanted, { action, docker }) => {
        const listed = entries.some((each) => each.name === wanted && each.actions.some((a) => a === docker));

        expect(accessCovers(entries, { name: parseRepositoryName(wanted), action })).toBe(listed);
      }),
    );
  });
});

describe('accessOpensCatalog', () => {
  const catalog = { type: 'registry', name: 'catalog', actions: ['*'] };

  it('allows the list to a token that has the catalog among its entries', () => {
    expect(accessOpensCatalog([{ type: 'repository', name: 'a', actions: ['pull'] }, catalog])).toBe(true);
    expect(accessOpensCatalog([])).toBe(false);
  });

  it.each([
    { ...catalog, type: 'repository' },
    { ...catalog, name: '*' },
    { ...catalog, name: 'Catalog' },
    { ...catalog, actions: ['pull'] },
    { ...catalog, actions: [] },
  ])('D9 takes nothing else for the catalog: %j', (entry) => {
    expect(accessOpensCatalog([entry])).toBe(false);
  });

  it('D9 takes the catalog for no repository', () => {
    const name = parseRepositoryName('catalog');

    expect(accessCovers([catalog], { name, action: 'content/read' })).toBe(false);
  });
});
