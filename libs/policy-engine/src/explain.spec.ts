import { describe, expect, it } from 'vitest';
import { parseRepositoryPattern } from '@berth/access';
import { indexAccessPolicy } from './access-policy.js';
import { viewOfDefinitions } from './definitions.suite.js';
import { explain } from './explain.js';
import { principalRef } from './principal.js';
import type { Principal } from './principal.js';
import { indexProhibition } from './prohibition.js';
import type { RoleAssignment } from './role-assignment.js';
import { conditionsNarrow, indexScopeMap } from './scope-map.js';
import { systemScopeMap, systemScopeMapId, systemScopeMaps } from './system-scope-map.js';
import { whatCan } from './what-can.js';
import { whoCan } from './who-can.js';

const life = { account: 'default', version: 1, status: 'active' } as const;
const map = { ...life, id: 'm', registryId: 'local', name: 'ci-push' };
const token: Principal = { ref: principalRef('token', 't'), account: 'default', groups: [], scopeMapId: 'm' };
const leads = principalRef('group', 'leads');
const ada: Principal = { ref: principalRef('user', 'ada'), account: 'default', groups: [leads], scopeMapId: null };
const assigned = (id: string, role: string, more: Partial<RoleAssignment> = {}): RoleAssignment => ({
  ...{ ...life, id, principal: ada.ref, role, scope: { kind: 'registry', registryId: 'local' }, ...more },
});
const elsewhere = { kind: 'repository', registryId: 'local', pattern: parseRepositoryPattern('team/*') } as const;
const view = viewOfDefinitions({
  scopeMaps: [
    indexScopeMap({
      ...map,
      actions: ['repositories/team/*/content/write', 'repositories/factory/sensor/content/read'],
    }),
  ],
  roleAssignments: [
    assigned('reads', 'AcrPull'),
    assigned('pushes', 'AcrPush', { principal: leads, scope: elsewhere }),
    assigned('odd', 'Overlord'),
  ],
  accessPolicies: [
    indexAccessPolicy({
      ...{ ...life, id: 'views', subject: ada.ref, roles: ['Viewer'] },
      target: {
        ...{ serviceName: 'container-registry', serviceInstance: null, region: null, resourceType: null },
        ...{ resource: null, resourceGroup: null, isForAllServices: false },
      },
    }),
  ],
  prohibitions: [
    indexProhibition({
      ...{ ...life, id: 'l', kind: 'lock', exceptFrom: [], actions: ['content/write'] },
      scope: { kind: 'repository', registryId: 'local', pattern: parseRepositoryPattern('team/stable') },
    }),
  ],
  members: new Map([[leads, [ada.ref, principalRef('service', 'ci')]]]),
});
const ask = (principal: Principal, repository: string) => ({
  ...({ principal, action: 'content/write', account: 'default', registryId: 'local' } as const),
  repository: parseRepositoryPattern(repository),
});

describe('explain', () => {
  it('says where a scope map grants what is asked, and which line is missing', () => {
    const { missing, nearest, considered } = explain(view, ask(token, 'factory/sensor'));

    expect(missing).toBe('needs content/write on factory/sensor; scope map ci-push grants it on team/*');
    expect(nearest).toMatchObject({
      kind: 'add-line',
      line: 'repositories/factory/sensor/content/write',
      scopeMapId: 'm',
    });
    expect(considered.map(({ outcome }) => outcome)).toEqual(['grants-elsewhere']);
  });

  it('orders what was considered, names groups and what gives nothing', () => {
    const { considered, missing, nearest } = explain(view, ask(ada, 'factory/sensor'));

    expect(considered.map(({ ref, via, outcome }) => [ref.id, via, outcome])).toEqual([
      ['pushes', leads, 'grants-elsewhere'],
      ['reads', ada.ref, 'lacks-action'],
      ['odd', ada.ref, 'grants-nothing'],
      ['views', ada.ref, 'grants-nothing'],
    ]);
    expect(missing).toBe('needs content/write on factory/sensor; role assignment AcrPush grants it on team/*');
    expect(nearest).toMatchObject({ kind: 'assign-role', role: 'AcrPush' });
  });

  it('names the prohibition that would have to go', () => {
    const { nearest, missing } = explain(view, ask(ada, 'team/stable'));

    expect(nearest).toMatchObject({ kind: 'lift-prohibition', ref: { kind: 'prohibition', id: 'l' } });
    expect(missing).toContain('forbidden to everybody: lock');
  });

  it('D15 says nothing about somebody of another account', () => {
    const stranger = explain(view, { ...ask(ada, 'team/app'), account: 'other' });

    expect(stranger).toMatchObject({ considered: [], nearest: null, decision: { reason: 'other-account' } });
  });
});

describe('whoCan', () => {
  const question = ask(token, 'team/app');

  it('lists each holder once, with the path, page by page', () => {
    const pages = [];
    for (let after: string | null = null, more = true; more; more = after !== null) {
      const page = whoCan(view, question, { limit: 2, after });
      pages.push(page.items.map(({ holder, via, name }) => [holder, via, name]));
      after = page.next;
    }

    expect(pages).toEqual([
      [
        ['scope-map:local/_repositories_admin', null, '_repositories_admin'],
        ['scope-map:local/_repositories_push', null, '_repositories_push'],
      ],
      [
        ['scope-map:local/_repositories_push_metadata_write', null, '_repositories_push_metadata_write'],
        ['scope-map:m', null, 'ci-push'],
      ],
      [
        ['service:ci', leads, 'AcrPush'],
        ['user:ada', leads, 'AcrPush'],
      ],
    ]);
  });

  it('lists nobody where it is forbidden to everybody', () => {
    const page = whoCan(
      view,
      { ...question, repository: parseRepositoryPattern('team/stable') },
      { limit: 9, after: null },
    );

    expect(page).toEqual({ items: [], next: null, prohibitedBy: { kind: 'prohibition', id: 'l', version: 1 } });
  });
});

describe('whatCan', () => {
  it('says what is held, through whom and where', () => {
    const held = whatCan(view, ada, { account: 'default', registryId: 'local' });

    expect(held.map(({ by, via, actions, where }) => [by.id, via, actions, where.kind])).toEqual([
      ['reads', ada.ref, ['content/read', 'metadata/read', 'catalog/list'], 'registry'],
      ['pushes', leads, ['content/read', 'content/write', 'metadata/read', 'catalog/list'], 'repository'],
    ]);
    expect(whatCan(view, ada, { account: 'default', registryId: 'second' })).toEqual([]);
    expect(whatCan(view, ada, { account: 'other', registryId: null })).toEqual([]);
  });

  it('says that a token of somebody is bound by its owner', () => {
    const [first] = whatCan(view, { ...token, owner: ada }, { account: 'default', registryId: null });

    expect(first).toMatchObject({ actions: ['content/write'], isBoundByOwner: true, name: 'ci-push' });
  });
});

describe('system scope maps', () => {
  it('are five, and read like any other', () => {
    expect(
      [...systemScopeMaps.keys()].map((name) => systemScopeMap(systemScopeMapId('r', name), 'default')?.lines.length),
    ).toEqual([...[1, 2, 5, 2, 4]]);
    expect(systemScopeMap('r/_repositories_fly', 'default')).toBeNull();
    expect(systemScopeMap('/_repositories_pull', 'default')).toBeNull();
  });
});

describe('conditionsNarrow', () => {
  const one = { repository: 'team/*', cidrs: ['10.0.0.0/8'] };

  it('is true for a condition that was not there, and for none that goes', () => {
    expect(conditionsNarrow([], [one])).toBe(true);
    expect(conditionsNarrow([one], [{ ...one, cidrs: ['10.0.0.0/9'] }])).toBe(true);
    expect(conditionsNarrow([one], [{ ...one }])).toBe(false);
    expect(conditionsNarrow([one], [])).toBe(false);
    const createOnly = { ...one, createOnly: true } as const;
    expect(conditionsNarrow([one], [createOnly])).toBe(true);
    expect(conditionsNarrow([createOnly], [{ ...createOnly }])).toBe(false);
  });
});
