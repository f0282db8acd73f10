import {
  definitionChanged,
  definitionKey,
  minimumRaised,
  signingKeyChanged,
  type Definition,
  type SigningKey,
} from '@berth/contracts';
import type { ConsumedEvent, StateProgress, UnreadableRecord } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { generateSigningKey } from '@berth/tokens';
import { Metrics } from '@berth/telemetry';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessState } from './access-state.js';
import { DefinitionsView } from './definitions-view.js';
import { followIdentity, FollowIdentityConsumer, IdentityFollowing } from './follow-identity.js';
import type { FollowingOptions } from './following.js';
import { followPolicy, FollowPolicyConsumer, PolicyFollowing } from './follow-policy.js';
import {
  account,
  createSpecSchema,
  defaultAccount,
  localRegistry,
  minimumOf,
  registryId,
  scopeMap,
  silentLogger,
  uuidOf,
  type SpecSchema,
} from './state-copy.suite.js';

const nowMs = Date.parse('2026-11-21T12:00:00Z');
const progress: StateProgress = { caughtUp: true, answered: true, silentForMs: () => 0, safeChange: () => 1 };
let schema: SpecSchema;

beforeEach(async () => {
  schema = await createSpecSchema();
});

afterEach(() => schema.drop());

function options() {
  return {
    db: schema.open(),
    clock: () => nowMs,
    logger: silentLogger,
    progressOf: () => progress,
    poll: () => Promise.resolve({ changes: [], upTo: 0, more: false }),
    repeat: () => () => undefined,
  };
}

function consumed<Data>(topic: string, key: string, data: Data): ConsumedEvent<Data> {
  const place = { topic, partition: 0, offset: '1', key };
  return { ...place, id: uuidOf(1), at: new Date(nowMs), change: 1, traceparent: null, data };
}

function unreadable(topic: string, key: string, timestampMs = nowMs, said: unknown = undefined): UnreadableRecord {
  return { topic, partition: 0, offset: '2', key, unreadable: true, timestampMs, reason: 'not ours', said };
}

const definitionRecord = (d: Definition) => consumed(definitionChanged.name, definitionKey(d), d);

describe('following policy', () => {
  async function start(onStored?: (tx: Transaction, change: { next: Definition }) => Promise<void>) {
    const given = options();
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

describe('following identity', () => {
  const { kid, publicJwk } = generateSigningKey();
  const key = (version: number, status: SigningKey['status']): SigningKey => ({
    kid,
    alg: 'ES256',
    publicJwk,
    status,
    version,
    changedAt: '2026-11-01T00:00:00.000Z',
  });

  async function start(more: Partial<FollowingOptions> = {}) {
    const given = { ...options(), ...more };
    const app = await Test.createTestingModule({ imports: [followIdentity({ useFactory: () => given })] }).compile();
    await app.init();
    return {
      app,
      following: app.get(IdentityFollowing),
      consumer: app.get(FollowIdentityConsumer),
      state: app.get(AccessState),
    };
  }

  const minimumRecord = (subject: string, version: number) =>
    consumed(minimumRaised.name, subject, minimumOf(subject, version, nowMs));

  it('knows keys and minima, also after a restart without Kafka, and is ready with an active key', async () => {
    const first = await start();
    await first.consumer.takeMinima([minimumRecord('token:a', 3)]);
    expect(first.following.follower.isReady()).toBe(false);
    await first.consumer.takeKeys([consumed(signingKeyChanged.name, kid, key(1, 'active'))]);
    expect(first.following.follower.isReady()).toBe(true);
    await first.app.close();
    const { state, app } = await start();
    expect(state.keyOf(kid)).toMatchObject({ revoked: false });
    expect(state.refusedBy({ 'token:a': 2 }, nowMs / 1000)).toBe('token:a');
    await app.close();
  });

  it('a minimum that cannot be read refuses the older tokens of its subject, and the others still count', async () => {
    const { consumer, state, app } = await start();
    await consumer.takeMinima([unreadable(minimumRaised.name, 'token:a', nowMs), minimumRecord('token:b', 3)]);
    expect(state.refusedBy({ 'token:a': 99 }, nowMs / 1000 - 1)).toBe('token:a');
    expect(state.refusedBy({ 'token:a': 99 }, nowMs / 1000)).toBeNull();
    expect(state.refusedBy({ 'token:b': 2 }, nowMs / 1000)).toBe('token:b');
    await app.close();
  });

  it('a key that cannot be read is not trusted any more', async () => {
    const { consumer, state, app } = await start();
    await consumer.takeKeys([consumed(signingKeyChanged.name, kid, key(1, 'active'))]);
    await consumer.takeKeys([unreadable(signingKeyChanged.name, kid)]);
    expect(state.keyOf(kid)).toMatchObject({ revoked: true });
    await app.close();
  });

  it('a good key survives an older record that cannot be read, at every restart', async () => {
    for (let time = 0; time < 2; time += 1) {
      const { consumer, state, app } = await start();
      await consumer.takeKeys([
        unreadable(signingKeyChanged.name, kid),
        consumed(signingKeyChanged.name, kid, key(3, 'active')),
      ]);
      expect(state.keyOf(kid)).toMatchObject({ revoked: false });
      await app.close();
    }
  });

  it('takes every other change of the owner while Kafka is silent, and refuses for those it cannot read', async () => {
    const changes = [
      { topic: minimumRaised.name, key: 'token:a', change: 1, data: { from: 'a newer version' } },
      { topic: signingKeyChanged.name, key: kid, change: 2, data: { kid } },
      { topic: minimumRaised.name, key: 'token:b', change: 3, data: minimumOf('token:b', 3, nowMs) },
    ];
    let silentForMs = 0;
    const { consumer, following, state, app } = await start({
      progressOf: () => ({ ...progress, silentForMs: () => silentForMs }),
      poll: () => Promise.resolve({ changes, upTo: 3, more: false }),
    });
    await consumer.takeKeys([consumed(signingKeyChanged.name, kid, key(1, 'active'))]);
    silentForMs = 2_501;
    await following.follower.tick();
    expect(state.refusedBy({ 'token:a': 99 }, nowMs / 1000 - 1)).toBe('token:a');
    expect(state.keyOf(kid)).toMatchObject({ revoked: true });
    expect(state.refusedBy({ 'token:b': 2 }, nowMs / 1000)).toBe('token:b');
    await app.close();
  });

  it('a stored minimum that cannot be read refuses what was issued before it was stored', async () => {
    const first = await start();
    await first.consumer.takeMinima([minimumRecord('token:a', 3)]);
    await first.app.close();
    await schema.open().query(`update followed_record set data = '{"subject":1}'`);
    const { state, app } = await start();
    expect(state.refusedBy({ 'token:a': 99 }, nowMs / 1000 - 1)).toBe('token:a');
    await app.close();
  });

  it('tells how many subjects have a minimum', async () => {
    const metrics = new Metrics('spec', 'spec-1');
    const { consumer, app } = await start({ metrics });
    await consumer.takeMinima([minimumRecord('token:a', 3), minimumRecord('token:b', 3)]);
    expect(await metrics.text()).toMatch(/^berth_minima_subjects{.*} 2$/m);
    await app.close();
  });

  it('does not hold policy up: the two have epochs of their own', async () => {
    const { consumer, following, app } = await start();
    await consumer.takeMinima([minimumRecord('token:a', 3)]);
    expect(following.copy.epoch).toBe(1);
    const rows = await schema
      .open()
      .query<{ epoch: number }>(`select epoch from followed_epoch where owner = 'policy'`);
    expect(rows).toEqual([{ epoch: 0 }]);
    await app.close();
  });
});
