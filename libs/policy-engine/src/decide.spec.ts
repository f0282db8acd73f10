import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionCatalogue, parseRepositoryPattern, patternCovers } from '@berth/access';
import type { Action } from '@berth/access';
import { decide } from './decide.js';
import type { DecisionRequest, DefinitionsView } from './decision.js';
import { parsePrincipalRef, principalKindOf, principalRef } from './principal.js';
import type { PrincipalRef } from './principal.js';
import { builtInRoles, rolesWith } from './role.js';
import type { RoleAssignment } from './role-assignment.js';
import { indexScopeMap } from './scope-map.js';
import type { ScopeMapRecord } from './scope-map.js';

const record: ScopeMapRecord = {
  id: 'map',
  account: 'default',
  registryId: 'local',
  name: 'map',
  version: 1,
  status: 'active',
  actions: [],
};
const token = { ref: principalRef('token', 't'), account: 'default', groups: [], scopeMapId: 'map' };
const user = { ref: principalRef('user', 'u'), account: 'default', groups: [], scopeMapId: null };

function viewOf(actions: readonly string[], assignments: readonly RoleAssignment[] = []): DefinitionsView {
  const map = indexScopeMap({ ...record, actions });
  return { scopeMap: () => map, roleAssignmentsOf: () => assignments };
}

function request(fields: Partial<DecisionRequest>): DecisionRequest {
  return {
    principal: token,
    action: 'content/read',
    account: 'default',
    registryId: 'local',
    repository: null,
    ...fields,
  };
}

const segment = fc.constantFrom('a', 'b', 'ab');
const name = fc.array(segment, { minLength: 1, maxLength: 3 }).map((segments) => segments.join('/'));
const anyPattern = fc.oneof(
  name,
  name.map((each) => `${each}/*`),
  fc.constant('*'),
);
const repositoryAction = fc.constantFrom(
  ...actionCatalogue.filter((row) => row.acrScopeMap !== null).map((row) => row.action),
);

describe('decide', () => {
  it('allows by a scope map exactly what one of its lines says', () => {
    const line = fc.record({ pattern: anyPattern, action: repositoryAction });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 6 }), anyPattern, repositoryAction, (lines, wanted, action) => {
        const repository = parseRepositoryPattern(wanted);
        const view = viewOf(lines.map((each) => `repositories/${each.pattern}/${each.action}`));
        const isGranted = lines.some(
          (each) => each.action === action && patternCovers(parseRepositoryPattern(each.pattern), repository),
        );

        expect(decide(view, request({ repository, action })).effect).toBe(isGranted ? 'allow' : 'deny');
      }),
    );
  });

  it('never allows more when a definition goes', () => {
    const assignment = fc.record({
      id: fc.constantFrom('a1', 'a2'),
      account: fc.constantFrom('default', 'other'),
      version: fc.constant(1),
      status: fc.constantFrom('active', 'deleted'),
      principal: fc.constantFrom(user.ref, principalRef('user', 'somebody-else')),
      role: fc.constantFrom('Owner', 'Reader'),
      scope: fc.constantFrom<RoleAssignment['scope']>(
        { kind: 'account' },
        { kind: 'registry', registryId: 'local' },
        { kind: 'repository', registryId: 'local', pattern: parseRepositoryPattern('a/*') },
      ),
    });
    const actions = fc.constantFrom(...actionCatalogue.map((row) => row.action));
    fc.assert(
      fc.property(fc.array(assignment, { maxLength: 5 }), actions, name, (assignments, action: Action, wanted) => {
        const asked = request({ principal: user, action, repository: parseRepositoryPattern(wanted) });
        const before = decide(viewOf([], assignments), asked);
        const after = decide(viewOf([], assignments.slice(1)), asked);

        if (before.effect === 'deny') expect(after.effect).toBe('deny');
        if (before.effect === 'allow') {
          const by = assignments.find((each) => each.status === 'active' && each.principal === user.ref);
          expect(by).toBeDefined();
        }
      }),
    );
  });

  it('ignores an assignment of somebody else that a view hands out by mistake', () => {
    const stray: RoleAssignment = {
      id: 'stray',
      account: 'default',
      version: 1,
      status: 'active',
      principal: principalRef('user', 'somebody-else'),
      role: 'Owner',
      scope: { kind: 'account' },
    };

    expect(decide(viewOf([], [stray]), request({ principal: user })).effect).toBe('deny');
  });

  it('decides within a scope map of 500 repositories and 1,000 assignments in far less than 100 us', () => {
    const actions = Array.from({ length: 500 }, (_, at) =>
      ['content/read', 'content/write', 'content/delete', 'metadata/read', 'metadata/write'].map(
        (action) => `repositories/team-${at}/app/${action}`,
      ),
    ).flat();
    const assignments = Array.from({ length: 1000 }, (_, at): RoleAssignment => {
      const scope = {
        kind: 'repository',
        registryId: 'local',
        pattern: parseRepositoryPattern(`team-${at}/*`),
      } as const;
      return {
        id: `a${at}`,
        account: 'default',
        version: 1,
        status: 'active',
        principal: user.ref,
        role: 'Owner',
        scope,
      };
    });
    const view = viewOf(actions, assignments);
    const repository = parseRepositoryPattern('no/such/repository');
    const before = process.threadCpuUsage();
    for (let at = 0; at < 500; at++) {
      decide(view, request({ repository }));
      decide(view, request({ repository, principal: user }));
    }
    const { user: userTime, system } = process.threadCpuUsage(before);

    expect((userTime + system) / 1000).toBeLessThan(100);
  });
});

describe('indexScopeMap', () => {
  it('keeps what the record says, parsed', () => {
    expect(indexScopeMap({ ...record, actions: ['repositories/team/*/content/read'] })).toMatchObject({
      id: 'map',
      version: 1,
      lines: [{ pattern: 'team/*', action: 'content/read' }],
    });
  });

  it('refuses a record with a line that it can not read', () => {
    expect(() => indexScopeMap({ ...record, actions: ['repositories/a/content/fly'] })).toThrow(
      expect.objectContaining({ code: 'invalid_action_line' }),
    );
  });
});

describe('roles', () => {
  it('S2-25 S3-02 Owner may do everything but sign, touch quarantine and purge', () => {
    const lacking = actionCatalogue
      .map((row) => row.action)
      .filter((action) => !builtInRoles.get('Owner')?.has(action));

    expect(lacking).toEqual(['signature/write', 'quarantine/read', 'quarantine/write', 'trash/purge']);
  });

  it('Contributor is an Owner who gives no access', () => {
    const lacking = [...(builtInRoles.get('Owner') ?? [])].filter(
      (each) => !builtInRoles.get('Contributor')?.has(each),
    );

    expect(lacking.map((action) => action.replace(/\/.*/, '')).sort()).toEqual(
      ['accessPolicies', 'roleAssignments', 'roleDefinitions'].flatMap((thing) => [thing, thing]),
    );
  });

  it('S2-25 Reader changes nothing', () => {
    const reads = [...(builtInRoles.get('Reader') ?? [])];

    expect(reads.filter((action) => !/\/(?:read|list)$/.test(action))).toEqual([]);
    expect(reads).not.toContain('quarantine/read');
  });

  it('turns the table around', () => {
    for (const { action } of actionCatalogue) {
      const names = [...builtInRoles].filter(([, actions]) => actions.has(action)).map(([name]) => name);

      expect([...rolesWith(action)]).toEqual(names);
    }
  });
});

describe('principal references', () => {
  it.each(['token:1', 'device:fleet/d:1', 'user:u', 'service:s', 'workload:w', 'group:g', 'anonymous:default'])(
    'reads %s',
    (s) => {
      const ref: PrincipalRef = parsePrincipalRef(s);

      expect(ref).toBe(s);
      expect(principalKindOf(ref)).toBe(s.split(':')[0]);
    },
  );

  it.each(['', 'token', 'token:', ':1', 'Token:1', 'admin:1', 'tokens:1', `token:${'x'.repeat(300)}`])(
    'refuses %j',
    (s) => {
      expect(() => parsePrincipalRef(s)).toThrow(expect.objectContaining({ code: 'invalid_principal' }));
    },
  );
});
