import { minimumRaised, signingKeyChanged, type SigningKey } from '@berth/contracts';
import { generateSigningKey } from '@berth/tokens';
import { Metrics } from '@berth/telemetry';
import { Test } from '@nestjs/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AccessState } from './access-state.js';
import { followIdentity, FollowIdentityConsumer, IdentityFollowing } from './follow-identity.js';
import type { FollowingOptions } from './following.js';
import { consumed, followingOptions, nowMs, progress, unreadable } from './following.suite.js';
import { createSpecSchema, minimumOf, type SpecSchema } from './state-copy.suite.js';

let schema: SpecSchema;

beforeEach(async () => {
  schema = await createSpecSchema();
});

afterEach(() => schema.drop());

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
    const given = { ...followingOptions(schema), ...more };
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
