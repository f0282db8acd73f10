import { definitionChanged, definitionKey, type Definition } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DefinitionsView } from './definitions-view.js';
import { followPolicy, FollowPolicyConsumer, PolicyFollowing } from './follow-policy.js';
import { consumed, followingOptions, nowMs, unreadable } from './following.suite.js';
import {
  account,
  createSpecSchema,
  defaultAccount,
  localRegistry,
  registryId,
  scopeMap,
  uuidOf,
  type SpecSchema,
} from './state-copy.suite.js';

let schema: SpecSchema;

beforeEach(async () => {
  schema = await createSpecSchema();
});

afterEach(() => schema.drop());

const definitionRecord = (d: Definition) => consumed(definitionChanged.name, definitionKey(d), d);

describe('following policy', () => {
  async function start(onStored?: (tx: Transaction, change: { next: Definition }) => Promise<void>) {
    const given = followingOptions(schema);
    const following = followPolicy({
      useFactory: () => (onStored === undefined ? given : { ...given, onStored }),
    });
    const app = await Test.createTestingModule({ imports: [following] }).compile();
    await app.init();
    return {
      app,
      following: app.get(PolicyFollowing),
      consumer: app.get(FollowPolicyConsumer),
      view: app.get(DefinitionsView),
    };
  }

  it('is wired by one line, loads before it is used, and is ready with the account and its registry', async () => {
    const first = await start();
    expect(first.view).toBe(first.following.view);
    expect(first.following.follower.isReady()).toBe(false);
    await first.consumer.take([definitionRecord(scopeMap(1, 5)), definitionRecord(defaultAccount())]);
    // A log-in names a registry: it would be told to come again.
    expect(first.following.follower.isReady()).toBe(false);
    await first.consumer.take([definitionRecord(localRegistry())]);
    expect(first.following.follower.isReady()).toBe(true);
    await first.app.close();
    const second = await start();
    expect(second.view.scopeMap(uuidOf(1))?.version).toBe(5);
    await second.app.close();
  });

  it('tells the hook of each stored definition, in its transaction', async () => {
    const told: string[] = [];
    const { consumer, app } = await start(async (tx, { next }) => {
      const rows = await tx.query('select key from followed_record where key = $1', [definitionKey(next)]);
      told.push(`${definitionKey(next)} ${rows.length}`);
    });
    await consumer.take([definitionRecord(scopeMap(1, 5)), definitionRecord(scopeMap(1, 5))]);
    expect(told).toEqual([`scope-map:${uuidOf(1)} 1`]);
    await app.close();
  });

  it('takes in what policy gave as an answer, unless it knows better', async () => {
    const { following, view, consumer, app } = await start();
    await following.learn(scopeMap(1, 5));
    expect(view.scopeMap(uuidOf(1))?.version).toBe(5);
    await consumer.take([definitionRecord(scopeMap(1, 8))]);
    await following.learn(scopeMap(1, 6));
    expect(view.scopeMap(uuidOf(1))?.version).toBe(8);
    await app.close();
  });

  it('grants nothing from a definition whose newest record cannot be read, and goes on with the others', async () => {
    const { view, consumer, app } = await start();
    await consumer.take([definitionRecord(scopeMap(1, 5)), definitionRecord(scopeMap(2, 6))]);
    await consumer.take([
      unreadable(definitionChanged.name, `scope-map:${uuidOf(1)}`),
      unreadable(definitionChanged.name, 'never heard of'),
      definitionRecord(scopeMap(3, 7)),
    ]);
    expect(view.scopeMap(uuidOf(1))).toBeNull();
    expect(view.scopeMap(uuidOf(2))).not.toBeNull();
    expect(view.scopeMap(uuidOf(3))).not.toBeNull();
    await consumer.take([definitionRecord(scopeMap(1, 9))]);
    expect(view.scopeMap(uuidOf(1))?.version).toBe(9);
    await app.close();
  });

  it('shuts what a prohibition of an unknown kind is about, until it can be read or is lifted', async () => {
    const { view, consumer, app } = await start();
    const key = `prohibition:${uuidOf(5)}`;
    const told = (said: unknown) => consumer.take([unreadable(definitionChanged.name, key, nowMs, said)]);
    const forbidden = () => view.prohibitionsOn(account, registryId).map(({ actions }) => actions);
    await told({ account, status: 'active', cause: 'new', scope: { kind: 'repository', registryId, pattern: 'a' } });
    expect(forbidden()).toEqual([null]);
    await told('nothing that makes sense');
    expect(forbidden()).toEqual([null]);
    await told({ account, status: 'deleted', cause: 'new', scope: { kind: 'account' } });
    expect(forbidden()).toEqual([]);
    await told({ account, cause: 'new', scope: { kind: 'account' } });
    expect(forbidden()).toEqual([null]);
    const lifted = { account, version: 9, status: 'deleted', changedAt: '2026-11-01T00:00:00.000Z' } as const;
    const scope = { kind: 'account' } as const;
    await consumer.take([
      definitionRecord({
        kind: 'prohibition',
        id: uuidOf(5),
        ...lifted,
        cause: 'lock',
        scope,
        actions: null,
        exceptFrom: [],
      }),
    ]);
    expect(forbidden()).toEqual([]);
    await app.close();
  });

  it('goes on granting when the record that cannot be read is older than one that can', async () => {
    const { view, consumer, app } = await start();
    await consumer.take([
      unreadable(definitionChanged.name, `scope-map:${uuidOf(1)}`),
      definitionRecord(scopeMap(1, 5)),
      definitionRecord(scopeMap(2, 6)),
      unreadable(definitionChanged.name, `scope-map:${uuidOf(2)}`),
    ]);
    expect(view.scopeMap(uuidOf(1))?.version).toBe(5);
    expect(view.scopeMap(uuidOf(2))).toBeNull();
    await app.close();
  });

  it('grants nothing from an older state than the stored one that cannot be read', async () => {
    const { view, following, consumer, app } = await start();
    await consumer.take([definitionRecord(scopeMap(1, 5))]);
    await schema.open().query(`update followed_record set data = '{"kind":"scope-map"}', epoch = 2`);
    await schema.open().query(`update followed_epoch set epoch = 2 where owner = 'policy'`);
    await following.copy.refreshTo(2);
    expect(view.scopeMap(uuidOf(1))).toBeNull();
    await app.close();
  });

  it('keeps what it cannot decide from out of the view without stopping', async () => {
    const { view, consumer, app } = await start();
    await consumer.take([definitionRecord(scopeMap(1, 5))]);
    await consumer.take([
      definitionRecord(scopeMap(1, 6, { actions: ['nonsense'] })),
      definitionRecord(scopeMap(2, 7)),
    ]);
    expect(view.scopeMap(uuidOf(1))).toBeNull();
    expect(view.scopeMap(uuidOf(2))).not.toBeNull();
    await app.close();
  });

  it('stops at a record of which nobody can say what it is about', async () => {
    const { consumer, app } = await start();
    await expect(consumer.take([unreadable(definitionChanged.name, '')])).rejects.toMatchObject({
      code: 'unreadable-key',
    });
    await app.close();
  });
});
