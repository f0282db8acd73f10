import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { patternCovers } from '@berth/access';
import { decide } from './decide.js';
import { explain } from './explain.js';
import { deedOf, placeOf } from './place.js';
import { prohibitionsOf } from './prohibitions-of.js';
import { reaches } from './reach.js';
import { visiblePatterns } from './visible-patterns.js';
import type { VisiblePatterns } from './visible-patterns.js';
import { whatCan } from './what-can.js';
import { whoCan } from './who-can.js';
import { anyAction, anyName, anyPlace, anyRequest, anyWorld, principals, viewOfWorld } from './world.suite.js';
import type { World } from './world.suite.js';

const run = (numRuns: number) => ({ numRuns, seed: 20_261_121 });
const requests = fc.array(anyRequest, { minLength: 20, maxLength: 20 });

/** The same worlds without one definition that grants. */
function withLess(world: World): World[] {
  return [
    { ...world, roleAssignments: world.roleAssignments.slice(1) },
    { ...world, accessPolicies: world.accessPolicies.slice(1) },
    { ...world, enforcements: world.enforcements.slice(1) },
    { ...world, anonymous: world.anonymous.slice(1) },
    { ...world, scopeMaps: world.scopeMaps.map((map) => ({ ...map, actions: map.actions.slice(1) })) },
    { ...world, roleDefinitions: world.roleDefinitions.map((role) => ({ ...role, actions: role.actions.slice(1) })) },
  ];
}

function covers(patterns: VisiblePatterns, name: string): boolean {
  if (patterns.kind === 'all') return true;
  const { names, prefixes, allButNamespaces } = patterns;
  if (names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))) return true;
  return allButNamespaces !== undefined && !allButNamespaces.includes(name.split('/')[0] ?? '');
}

describe('the algebra of decisions', () => {
  it('adding an allow never removes access', () => {
    fc.assert(
      fc.property(anyWorld, requests, (world, asked) => {
        const whole = viewOfWorld(world);
        for (const view of withLess(world).map(viewOfWorld)) {
          for (const request of asked) {
            if (decide(view, request).effect === 'allow') expect(decide(whole, request).effect).toBe('allow');
          }
        }
      }),
      run(200),
    );
  });

  it('removing a prohibition never removes access, and gives none that is not granted', () => {
    let forbidden = 0;
    fc.assert(
      fc.property(anyWorld, requests, (world, asked) => {
        const [whole, fewer, none] = [0, 1, 2].map((n) =>
          viewOfWorld({ ...world, prohibitions: world.prohibitions.slice(n) }),
        );
        if (whole === undefined || fewer === undefined || none === undefined) throw new Error('three views');
        for (const request of asked) {
          const before = decide(whole, request);
          const after = decide(none, request);
          if (before.effect === 'allow') expect(decide(fewer, request).effect).toBe('allow');
          if (before.effect === 'deny' && before.reason === 'prohibited') forbidden += 1;
          if (before.effect === 'deny') {
            expect(after.effect).toBe(before.reason === 'prohibited' ? 'allow' : 'deny');
          }
        }
      }),
      run(1_000),
    );
    expect(forbidden).toBeGreaterThan(50);
  });

  it('whoCan and decide agree on every principal', () => {
    let listed = 0;
    fc.assert(
      fc.property(anyWorld, anyAction, anyPlace, (world, action, place) => {
        const view = viewOfWorld(world);
        const { items } = whoCan(view, { ...place, action }, { limit: 1000, after: null });
        const holders = new Set<string>(items.map(({ holder }) => holder));
        for (const principal of principals.filter(({ account }) => account === 'default')) {
          const decision = decide(view, { ...place, action, principal });
          const { scopeMapId, ref, owner } = principal;
          if (owner !== undefined) continue;
          const isListed = holders.has(scopeMapId === null ? ref : `scope-map:${scopeMapId}`);
          if (isListed) listed += 1;

          expect(isListed).toBe(decision.effect === 'allow');
        }
      }),
      run(3_000),
    );
    expect(listed).toBeGreaterThan(500);
  });

  it('whatCan says all that decide allows, but for prohibitions', () => {
    let allowed = 0;
    fc.assert(
      fc.property(anyWorld, requests, (world, asked) => {
        const view = viewOfWorld({ ...world, prohibitions: [] });
        for (const request of asked) {
          const { principal, account, registryId, action, context } = request;
          const atMs = context?.atMs;
          const held = whatCan(view, principal, { account, registryId, ...(atMs !== undefined && { atMs }) });
          const place = placeOf(view, request);
          const isHeld = held.some(
            ({ actions, where, repositories }) =>
              actions.includes(action) &&
              reaches(where, place, deedOf(request)) &&
              (repositories === null ||
                repositories.some(
                  (each) =>
                    place.repository !== null &&
                    patternCovers(each, place.repository) &&
                    deedOf(request).level === 'repository',
                )),
          );
          const { effect } = decide(view, request);
          if (effect === 'allow') allowed += 1;
          if (principal.owner === undefined || effect === 'allow') expect(isHeld).toBe(effect === 'allow');
        }
      }),
      run(500),
    );
    expect(allowed).toBeGreaterThan(300);
  });

  it('visiblePatterns covers a name if and only if decide allows it, with every kind of grant', () => {
    let allowed = 0;
    const who = fc.constantFrom(...principals);
    const names = fc.array(anyName, { minLength: 6, maxLength: 6 });
    fc.assert(
      fc.property(
        anyWorld,
        anyPlace,
        fc.tuple(who, anyAction, names),
        (world, { context }, [principal, action, asked]) => {
          const view = viewOfWorld({ ...world, prohibitions: [] });
          const place = { account: 'default', registryId: 'r1', action, ...(context && { context }) };
          const visible = visiblePatterns(view, principal, place);
          for (const repository of asked) {
            const { effect } = decide(view, { ...place, principal, repository });
            if (effect === 'allow') allowed += 1;

            expect({ repository, isVisible: covers(visible, repository) }).toEqual({
              repository,
              isVisible: effect === 'allow',
            });
          }
        },
      ),
      run(6_000),
    );
    expect(allowed).toBeGreaterThan(1_000);
  });

  it('visiblePatterns shows nothing of a registry that is shut', () => {
    fc.assert(
      fc.property(anyWorld, fc.constantFrom(...principals), anyName, (world, principal, repository) => {
        const view = viewOfWorld(world);
        const request = { account: 'default', registryId: 'r1', action: 'content/read', principal } as const;
        const isShut = prohibitionsOf(view, { ...request, repository: null }).some(
          ({ scope }) => scope.kind === 'registry',
        );
        if (isShut) expect(covers(visiblePatterns(view, principal, request), repository)).toBe(false);
      }),
      run(1_000),
    );
  });

  it('explain decides as decide does, and has considered what decided', () => {
    let granted = 0;
    fc.assert(
      fc.property(anyWorld, requests, (world, asked) => {
        const view = viewOfWorld(world);
        for (const request of asked) {
          const { decision, considered, missing, nearest } = explain(view, request);

          expect(decision).toEqual(decide(view, request));
          if (decision.effect === 'deny') expect(missing).toMatch(/./);
          if (decision.effect === 'deny') continue;
          granted += 1;
          expect([missing, nearest]).toEqual([null, null]);
          expect(considered.filter(({ outcome }) => outcome === 'grants').map(({ ref }) => ref)).toContainEqual(
            decision.by,
          );
        }
      }),
      run(300),
    );
    expect(granted).toBeGreaterThan(200);
  });
});
