import { parseRepositoryPattern, type RepositoryPattern } from '@berth/access';
import type { Definition } from '@berth/contracts';
import { DefinitionsView } from '@berth/definitions';
import { principalRef, type Principal } from '@berth/policy-engine';
import { beforeEach, describe, expect, it } from 'vitest';
import { v7 as uuidv7 } from 'uuid';
import { unheldRight } from './unheld-rights.js';

const account = uuidv7();
const registryId = uuidv7();
const holder: Principal = { ref: principalRef('user', uuidv7()), account, groups: [], scopeMapId: null };
const group = principalRef('group', uuidv7());
const target: Principal = { ref: principalRef('user', uuidv7()), account, groups: [group], scopeMapId: null };
const atMs = Date.UTC(2026, 0);

const wholeAccount = { kind: 'account' } as const;
const registry = { kind: 'registry', registryId } as const;
const repository = (pattern: RepositoryPattern) => ({ kind: 'repository', registryId, pattern }) as const;
const namespace = { kind: 'namespace', registryId, namespace: 'team' } as const;
const resourceGroup = { kind: 'resource-group', resourceGroup: 'main' } as const;
const team = parseRepositoryPattern('team/*');

/** A role, and where it is given. */
type Given = readonly [string, object];

describe('unheldRight', () => {
  let view: DefinitionsView;

  beforeEach(() => {
    view = new DefinitionsView();
    take({ kind: 'registry', id: registryId, name: 'local', region: 'eu-de', resourceGroup: 'main', plan: 'standard' });
  });

  function take(told: Record<string, unknown>): void {
    const common = { id: uuidv7(), account, version: 1, status: 'active', changedAt: '2026-01-01T00:00:00.000Z' };
    // The parts make a whole definition of the kind that was told.
    view.upsert({ ...common, ...told } as Definition);
  }

  const give = ({ ref }: Pick<Principal, 'ref'>, role: string, scope: object, more: object = {}) =>
    take({ kind: 'role-assignment', principal: ref, role, scope, ...more });

  const unheld = () => unheldRight(view, { holder, of: target, atMs })?.action ?? null;

  it('is none where nothing is held', () => {
    expect(unheld()).toBeNull();
  });

  it.each<readonly [string, Given, Given, boolean]>([
    ['the same role at the same scope', ['AcrPush', registry], ['AcrPush', registry], false],
    ['less of it', ['AcrPush', registry], ['AcrPull', registry], true],
    ['more of it', ['AcrPull', registry], ['Owner', wholeAccount], false],
    ['a narrower scope', ['AcrPull', registry], ['AcrPull', repository(team)], true],
    ['a scope within', ['AcrPull', repository(team)], ['AcrPull', registry], false],
    ['an action that an Owner lacks', ['AcrImageSigner', registry], ['Owner', wholeAccount], true],
    ['what is too narrow to be held', ['Owner', repository(team)], ['AcrDelete', registry], true],
    ['a namespace of a registry that is held', ['AcrPull', namespace], ['AcrPull', registry], false],
    ['a registry by its namespace', ['AcrPull', registry], ['AcrPull', namespace], true],
    ['a resource group by one of its registries', ['AcrPull', resourceGroup], ['AcrPull', registry], true],
    ['a registry by its resource group', ['AcrPull', registry], ['AcrPull', resourceGroup], false],
    ['the account by a registry', ['AcrPull', wholeAccount], ['Owner', registry], true],
  ])('compares %s', (_what, ofTarget, ofHolder, isUnheld) => {
    give(target, ...ofTarget);
    give(holder, ...ofHolder);
    expect(unheld() !== null).toBe(isUnheld);
  });

  it('counts what is held through groups', () => {
    give({ ref: group }, 'AcrPull', registry);
    expect(unheld()).toBe('content/read');
    give(holder, 'AcrPull', registry);
    expect(unheld()).toBeNull();
  });

  it('counts no more of a role under a condition than its repositories', () => {
    const role = 'Container Registry Repository Reader';
    give(target, role, registry, { condition: { repositories: ['team/app'] } });
    expect(unheld()).toBe('content/read');
    give(holder, role, repository(team));
    expect(unheld()).toBeNull();
  });

  it.each([
    ['a namespace', { resourceType: 'namespace', resource: 'team' }],
    ['a resource group', { resourceGroup: 'main' }],
    ['a region', { region: 'eu-de' }],
  ])('asks for all of an access policy on %s', (_what, narrowed) => {
    const target_ = { serviceName: 'container-registry', serviceInstance: null, region: null };
    const rest = { resourceType: null, resource: null, resourceGroup: null, isForAllServices: false };
    const policyTarget = { ...target_, ...rest, ...narrowed };
    take({ kind: 'access-policy', subject: target.ref, roles: ['Writer'], target: policyTarget });
    expect(unheld()).not.toBeNull();
    give(holder, 'AcrPull', repository(team));
    expect(unheld()).not.toBeNull();
    give(holder, 'Owner', wholeAccount);
    give(holder, 'AcrImageSigner', wholeAccount);
    expect(unheld()).toBeNull();
  });
});
