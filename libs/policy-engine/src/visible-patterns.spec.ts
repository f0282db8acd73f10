import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRepositoryPattern } from '@berth/access';
import type { Action } from '@berth/access';
import { decide } from './decide.js';
import type { DefinitionsView } from './decision.js';
import { principalRef } from './principal.js';
import type { Principal } from './principal.js';
import type { RoleAssignment } from './role-assignment.js';
import { indexScopeMap } from './scope-map.js';
import { maxVisiblePatterns, visiblePatterns, type VisiblePatterns } from './visible-patterns.js';

const group = principalRef('group', 'g');
const user: Principal = { ref: principalRef('user', 'u'), account: 'default', groups: [group], scopeMapId: null };
const token: Principal = { ref: principalRef('token', 't'), account: 'default', groups: [], scopeMapId: 'map' };
const asked = { account: 'default', registryId: 'local', action: 'content/read' } as const;

interface Definitions {
  readonly lines?: readonly string[];
  readonly assignments?: readonly RoleAssignment[];
  readonly map?: { readonly status?: 'active' | 'deleted'; readonly account?: string; readonly registryId?: string };
}

function viewOf({ lines = [], assignments = [], map = {} }: Definitions): DefinitionsView {
  const record = { id: 'map', account: 'default', registryId: 'local', name: 'map', version: 1 } as const;
  const indexed = indexScopeMap({ ...record, status: 'active', actions: lines, ...map });
  return {
    scopeMap: (id) => (id === 'map' ? indexed : null),
    roleAssignmentsOf: (ref) => assignments.filter((each) => each.principal === ref),
  };
}

function assignmentTo(scope: RoleAssignment['scope'], more: Partial<RoleAssignment> = {}): RoleAssignment {
  const common = { id: 'a', account: 'default', version: 1, status: 'active', role: 'Owner' } as const;
  return { ...common, principal: user.ref, scope, ...more };
}

const below = (pattern: string) =>
  ({ kind: 'repository', registryId: 'local', pattern: parseRepositoryPattern(pattern) }) as const;

/** As a query reads the answer. */
function covers(patterns: VisiblePatterns, name: string): boolean {
  if (patterns.kind === 'all') return true;
  return patterns.names.includes(name) || patterns.prefixes.some((prefix) => name.startsWith(prefix));
}

const segment = fc.constantFrom('a', 'b', 'ab');
const name = fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/'));
const pattern = fc.oneof(
  { arbitrary: name, weight: 4 },
  { arbitrary: name.map((each) => `${each}/*`), weight: 3 },
  { arbitrary: fc.constant('*'), weight: 1 },
);
/** Two on a repository, one that is not: few, so that what is asked is often held. */
const action = fc.constantFrom<Action>('content/read', 'metadata/read', 'tokens/read');
const repositoryAction = fc.constantFrom<Action>('content/read', 'metadata/read');
const assignment = fc.record({
  id: fc.constant('a'),
  account: fc.constantFrom('default', 'default', 'other'),
  version: fc.constant(1),
  status: fc.constantFrom('active', 'active', 'deleted'),
  principal: fc.constantFrom(user.ref, group, principalRef('user', 'somebody-else')),
  role: fc.constantFrom('Owner', 'Owner', 'No such role'),
  scope: fc.oneof(
    { arbitrary: fc.constant<RoleAssignment['scope']>({ kind: 'account' }), weight: 1 },
    {
      arbitrary: fc.record({ kind: fc.constant('registry'), registryId: fc.constantFrom('local', 'other') }),
      weight: 1,
    },
    {
      arbitrary: fc.record({
        kind: fc.constant('repository'),
        registryId: fc.constantFrom('local', 'local', 'other'),
        pattern: pattern.map(parseRepositoryPattern),
      }),
      weight: 6,
    },
  ),
}) as fc.Arbitrary<RoleAssignment>;
const map = fc.record({
  status: fc.constantFrom('active', 'active', 'active', 'deleted'),
  account: fc.constantFrom('default', 'default', 'default', 'other'),
  registryId: fc.constantFrom('local', 'local', 'local', 'other'),
});
const anybody = fc.constantFrom<Principal>(
  ...[token, token, user, user, { ...user, groups: [] }, { ...user, account: 'other' }],
  ...[
    { ...token, scopeMapId: null },
    { ...token, scopeMapId: 'unknown' },
    { ...token, ref: group },
  ],
  { ...token, ref: principalRef('device', 'd') },
);

describe('visiblePatterns', () => {
  it('covers a name if and only if decide allows it', () => {
    const line = fc.tuple(pattern, repositoryAction).map(([of, what]) => `repositories/${of}/${what}`);
    const definitions = fc.record({
      lines: fc.array(line, { maxLength: 8, size: 'max' }),
      assignments: fc.array(assignment, { maxLength: 6, size: 'max' }),
      map,
    });
    let allowed = 0;
    let denied = 0;
    fc.assert(
      fc.property(
        definitions,
        anybody,
        action,
        fc.array(name, { minLength: 6, maxLength: 12 }),
        (held, principal, what, names) => {
          const view = viewOf(held);
          const place = { account: 'default', registryId: 'local', action: what };
          const visible = visiblePatterns(view, principal, place);
          for (const each of names) {
            const { effect } = decide(view, { ...place, principal, repository: parseRepositoryPattern(each) });
            if (effect === 'allow') allowed += 1;
            else denied += 1;

            expect(covers(visible, each)).toBe(effect === 'allow');
          }
        },
      ),
      { seed: 20_261_121, numRuns: 2_000 },
    );
    // Both sides were looked at, often.
    expect(Math.min(allowed, denied)).toBeGreaterThan(500);
  });

  it('says nothing twice: no name or prefix below another prefix, in order', () => {
    const lines = ['team/*', 'team/app', 'b', 'team/sub/*', 'a', 'team', 'team-evil/app', 'b', 'z/*'];
    const view = viewOf({ lines: lines.map((each) => `repositories/${each}/content/read`) });

    expect(visiblePatterns(view, token, asked)).toEqual({
      kind: 'some',
      names: ['a', 'b', 'team', 'team-evil/app'],
      prefixes: ['team/', 'z/'],
    });
  });

  it('is all with one star, a registry or an account', () => {
    const star = viewOf({ lines: ['repositories/a/content/read', 'repositories/*/content/read'] });

    expect(visiblePatterns(star, token, asked)).toEqual({ kind: 'all' });
    for (const scope of [{ kind: 'account' }, { kind: 'registry', registryId: 'local' }, below('*')] as const) {
      const view = viewOf({ assignments: [assignmentTo(below('a')), assignmentTo(scope, { principal: group })] });

      expect(visiblePatterns(view, user, asked)).toEqual({ kind: 'all' });
    }
  });

  it('adds up what a user and its groups hold', () => {
    const view = viewOf({
      assignments: [assignmentTo(below('own/*')), assignmentTo(below('shared/app'), { principal: group })],
    });

    expect(visiblePatterns(view, user, asked)).toEqual({ kind: 'some', names: ['shared/app'], prefixes: ['own/'] });
    expect(visiblePatterns(view, { ...user, groups: [] }, asked)).toMatchObject({ names: [], prefixes: ['own/'] });
  });

  it('D9 shows nothing to somebody of another account, whatever they hold', () => {
    const view = viewOf({ assignments: [assignmentTo({ kind: 'account' })] });

    expect(visiblePatterns(view, { ...user, account: 'other' }, asked)).toMatchObject({ names: [], prefixes: [] });
    expect(visiblePatterns(view, user, { ...asked, account: 'other' })).toMatchObject({ names: [], prefixes: [] });
  });

  it('leaves out names beyond its bound, and never a prefix for a name', () => {
    const many = Array.from({ length: maxVisiblePatterns + 5 }, (_, n) => assignmentTo(below(`app-${n}`)));
    const visible = visiblePatterns(viewOf({ assignments: [...many, assignmentTo(below('team/*'))] }), user, asked);

    if (visible.kind === 'all') throw new Error('all of them are not visible');
    expect(visible.names).toHaveLength(maxVisiblePatterns - 1);
    expect(visible.prefixes).toEqual(['team/']);
  });
});
