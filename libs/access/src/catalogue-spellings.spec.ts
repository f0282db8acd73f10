import { describe, expect, it } from 'vitest';
import { actionCatalogue } from './action-catalogue.js';
import type { Action } from './action.js';
import { actionLevelOf, isScopeMapAction, parseAction, parseGrantedActions } from './action-spelling.js';
import { ibmActions } from './ibm-action.js';
import { ibmOperations } from './ibm-operation.js';
import { namespaceOf, parseRepositoryPattern, patternsOverlap } from './repository-pattern.js';
import { checkScopeMapLimits } from './scope-map-limits.js';

const azure = 'Microsoft.ContainerRegistry/registries/';

describe('every spelling', () => {
  it('reads each alias as its own action, and none twice', () => {
    const aliases = actionCatalogue.flatMap((row) => row.aliases.map((alias): [string, Action] => [alias, row.action]));

    for (const [alias, action] of aliases) expect(parseAction(alias)).toBe(action);
    expect(new Set(aliases.map(([alias]) => alias.toLowerCase())).size).toBe(aliases.length);
  });

  it('names only wider actions that are somebody’s own', () => {
    for (const { action, within } of actionCatalogue) {
      for (const wider of within) expect([action, parseAction(wider)]).not.toContain(null);
    }
  });

  it.each<[string, readonly Action[]]>([
    ['pull', ['content/read']],
    ['container-registry.image.push', ['content/write', 'signature/write', 'trash/restore']],
    ['container-registry.image.list', ['catalog/list', 'trash/read']],
    ['container-registry.auth.set', ['network/write', 'enforcement/write']],
    ['container-registry.retention.list', ['retention/read']],
    [`${azure}read`, ['registries/read', 'plan/read', 'quota/read', 'settings/read']],
    [`${azure}WRITE`, ['registries/write', 'plan/write', 'quota/write', 'settings/write']],
    [`${azure}policies/read`, ['retention/read', 'retention/analyze', 'network/read']],
    [
      `${azure}policies/write`,
      ['policies/write', 'retention/analyze', 'retention/write', 'network/write', 'enforcement/write'],
    ],
    ['microsoft.authorization/roleassignments/write', ['roleAssignments/write']],
    [`${azure}quarantinedArtifacts/read`, ['quarantine/read']],
  ])('%s grants %j', (spelling, actions) => {
    expect(parseGrantedActions(spelling)).toEqual(actions);
  });

  it.each([
    ['S2-20', 'Microsoft.ContainerRegistry/*'],
    ['S2-20', 'Microsoft.ContainerRegistry/registries/*'],
    ['S2-20', '*'],
    ['S2-20', '*/read'],
    ['S2-20', 'container-registry.*'],
  ])('%s refuses %s and names it', (_, spelling) => {
    expect(() => parseGrantedActions(spelling)).toThrow(
      expect.objectContaining({ code: 'wildcard_action', message: expect.stringContaining(spelling) as string }),
    );
  });

  it.each(['Microsoft.ContainerRegistry/registries/fly', 'PULL', '', '__proto__'])('refuses %j by name', (spelling) => {
    expect(() => parseGrantedActions(spelling)).toThrow(
      expect.objectContaining({ code: 'unknown_action', message: expect.stringContaining(spelling) as string }),
    );
  });

  it('S4-33 has no action to build', () => {
    expect(actionCatalogue.filter(({ action, ibm }) => /build/.test(`${action} ${ibm}`))).toEqual([]);
  });
});

describe('the actions of IBM', () => {
  it('are 22, 12 of them to configure', () => {
    expect(ibmActions).toHaveLength(22);
    expect(ibmActions.filter((each) => each.class === 'configure')).toHaveLength(12);
    expect(new Set(ibmActions.map(({ name }) => name)).size).toBe(22);
  });

  it('never have one action of Berth in both classes', () => {
    const [configure, use] = (['configure', 'use'] as const).map(
      (kind) => new Set(ibmActions.filter((each) => each.class === kind).flatMap(({ actions }) => actions)),
    );

    expect([...(configure ?? [])].filter((action) => use?.has(action))).toEqual([]);
  });

  it('run 37 operations', () => {
    expect(ibmOperations.map(({ id }) => id)).toEqual(
      Array.from({ length: 37 }, (_, at) => `S4-OP${String(at + 1).padStart(2, '0')}`),
    );
    const known = new Set(ibmActions.flatMap(({ actions }) => actions));
    for (const { needs } of ibmOperations) {
      expect(needs.length).toBeGreaterThan(0);
      expect(needs.filter((action) => !known.has(action))).toEqual([]);
    }
    expect(ibmOperations.find(({ id }) => id === 'S4-OP21')?.needs).toEqual([
      ...['content/delete', 'retention/analyze', 'retention/write'],
    ]);
  });
});

describe('levels', () => {
  it.each<[Action, string, boolean]>([
    ['content/read', 'repository', true],
    ['signature/write', 'repository', true],
    ['quarantine/read', 'repository', false],
    ['retention/write', 'namespace', false],
    ['tokens/write', 'registry', false],
    ['roleAssignments/write', 'repository', false],
  ])('%s is done to a %s', (action, level, isInScopeMaps) => {
    expect([actionLevelOf(action), isScopeMapAction(action)]).toEqual([level, isInScopeMaps]);
  });

  it('a name lies in the namespace of its first segment', () => {
    const of = (name: string) => namespaceOf(parseRepositoryPattern(name));

    expect(['team', 'team/app', 'team/*', 'team-evil/app', '*'].map(of)).toEqual([
      ...['team', 'team', 'team', 'team-evil', null],
    ]);
  });

  it('patterns overlap where one lies within the other', () => {
    const overlap = (one: string, other: string) =>
      patternsOverlap(parseRepositoryPattern(one), parseRepositoryPattern(other));

    expect([overlap('team/*', 'team/app'), overlap('*', 'team/*'), overlap('team/a/*', 'team/*')]).toEqual([
      ...[true, true, true],
    ]);
    expect([overlap('team/*', 'team-evil/app'), overlap('team/*', 'team'), overlap('a', 'b')]).toEqual([
      ...[false, false, false],
    ]);
  });
});

describe('limits of a scope map', () => {
  const lines = (repositories: number, actions: readonly Action[]) =>
    Array.from({ length: repositories }, (_, at) =>
      actions.map((action) => ({ pattern: parseRepositoryPattern(`app-${at}`), action })),
    ).flat();

  it('are 500 repositories and 500 actions, each counted once', () => {
    expect(() => checkScopeMapLimits(lines(500, ['content/read', 'content/read']))).not.toThrow();
    expect(() => checkScopeMapLimits(lines(501, ['content/read']))).toThrow(
      expect.objectContaining({ code: 'too_many_repositories' }),
    );
    expect(() => checkScopeMapLimits(lines(251, ['content/read', 'content/write']))).toThrow(
      expect.objectContaining({ code: 'too_many_actions', message: 'a scope map holds at most 500 actions, not 502' }),
    );
  });

  it('can be set', () => {
    expect(() => checkScopeMapLimits(lines(3, ['content/read']), { repositories: 2, actions: 9 })).toThrow(/at most 2/);
  });
});
