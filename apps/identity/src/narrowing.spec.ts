import {
  installation,
  type Definition,
  type RoleAssignmentDefinition,
  type ScopeMapDefinition,
} from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { minimumOf, takesAway } from './narrowing.js';

const common = {
  account: installation.accountId,
  version: 7,
  status: 'active',
  changedAt: '2026-01-01T00:00:00.000Z',
} as const;

const map: ScopeMapDefinition = {
  kind: 'scope-map',
  id: '01900000-0000-7000-8000-00000000000a',
  ...common,
  registryId: installation.registryId,
  name: 'readers',
  description: null,
  actions: ['repositories/team/*/content/read', 'repositories/team/app/content/write'],
};

const assignment: RoleAssignmentDefinition = {
  kind: 'role-assignment',
  id: '01900000-0000-7000-8000-00000000000b',
  ...common,
  principal: `user:${installation.adminUserId}`,
  role: 'Owner',
  scope: { kind: 'account' },
};

const known = <Data extends Definition>(data: Data) => ({ kind: 'known', data }) as const;
const none = { kind: 'none' } as const;

describe('takesAway', () => {
  it.each([
    ['a line is gone', { actions: ['repositories/team/*/content/read'] }],
    ['a prefix became one name', { actions: ['repositories/team/app/content/read', map.actions[1] ?? ''] }],
    ['all lines are gone', { actions: [] }],
    ['it is deleted', { status: 'deleted' as const }],
    ['a line can no longer be read', { actions: [...map.actions, 'repositories/team/app/future/right'] }],
  ])('is true of a scope map when %s', (_what, change) => {
    expect(takesAway(known(map), { ...map, ...change, version: 8 })).toBe(true);
  });

  it.each([
    ['a line is added', { actions: [...map.actions, 'repositories/other/content/read'] }],
    ['its lines are in another order', { actions: map.actions.toReversed() }],
    ['a line is said in other words', { actions: [...map.actions, 'repositories/team/sub/content/read'] }],
    ['only its description changed', { description: 'for readers' }],
  ])('is false of a scope map when %s', (_what, change) => {
    expect(takesAway(known(map), { ...map, ...change, version: 8 })).toBe(false);
  });

  it('is false of a definition that was not here before, or was deleted before', () => {
    expect(takesAway(none, map)).toBe(false);
    expect(takesAway(none, { ...map, status: 'deleted' })).toBe(false);
    expect(takesAway(known({ ...map, status: 'deleted' }), { ...map, version: 8 })).toBe(false);
  });

  it('is true of a definition whose state before cannot be read: it may have given anything', () => {
    for (const next of [map, { ...map, status: 'deleted' as const }, assignment]) {
      expect(takesAway({ kind: 'unreadable' }, next)).toBe(true);
    }
  });

  it.each([
    ['deleted', { status: 'deleted' as const }],
    ['given to somebody else', { principal: 'user:other' }],
    ['of another role', { role: 'Reader' }],
    ['bound to one registry', { scope: { kind: 'registry' as const, registryId: installation.registryId } }],
  ])('is true of an assignment that is %s', (_what, change) => {
    expect(takesAway(known(assignment), { ...assignment, ...change, version: 8 })).toBe(true);
  });

  it('is false of an assignment that is published again as it is', () => {
    expect(takesAway(known(assignment), { ...assignment, version: 8 })).toBe(false);
  });
});

describe('minimumOf', () => {
  it('asks for the version of the new state', () => {
    expect(minimumOf({ ...map, version: 8 }, Date.UTC(2026, 0, 2))).toEqual({
      subject: `scope-map:${map.id}`,
      account: installation.accountId,
      version: 8,
      raisedAt: '2026-01-02T00:00:00.000Z',
    });
  });
});
