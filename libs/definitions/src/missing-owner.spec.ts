import { parseRepositoryPattern } from '@berth/access';
import {
  definitionChanged,
  definitionKey,
  type ChangesPage,
  type Definition,
  type RoleAssignmentDefinition,
} from '@berth/contracts';
import type { StateProgress } from '@berth/messaging';
import { decide, principalRef } from '@berth/policy-engine';
import { Metrics } from '@berth/telemetry';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdentityFollowing } from './follow-identity.js';
import { PolicyFollowing } from './follow-policy.js';
import {
  account,
  createSpecSchema,
  defaultAccount,
  localRegistry,
  registryId,
  scopeMap,
  silentLogger,
  uuidOf,
  type SpecSchema,
} from './state-copy.suite.js';

const startMs = Date.parse('2026-11-21T12:00:00Z');
const ada = principalRef('user', uuidOf(90));
let nowMs: number;
let schema: SpecSchema;
/** How policy and identity answer when they are asked; null = not at all. */
let answer: ((after: number) => ChangesPage) | null;

beforeEach(async () => {
  nowMs = startMs;
  answer = null;
  schema = await createSpecSchema();
});

afterEach(() => schema.drop());

const kafkaAway: StateProgress = {
  ...{ caughtUp: false, answered: false },
  silentForMs: () => nowMs - startMs,
  safeChange: () => 0,
};

function options(progress: StateProgress = kafkaAway) {
  return {
    ...{ db: schema.open(), clock: () => nowMs, logger: silentLogger, progressOf: () => progress },
    poll: (after: number) =>
      answer === null ? Promise.reject(new Error('no answer')) : Promise.resolve(answer(after)),
    repeat: () => () => undefined,
  };
}

async function started<Following extends PolicyFollowing | IdentityFollowing>(
  following: Following,
): Promise<Following> {
  await following.onModuleInit();
  following.onApplicationBootstrap();
  return following;
}

const assignment: RoleAssignmentDefinition = {
  ...{ kind: 'role-assignment', id: uuidOf(21), account, version: 3, status: 'active' },
  ...{
    changedAt: '2026-11-01T00:00:00.000Z',
    principal: ada,
    role: 'AcrPull',
    scope: { kind: 'registry', registryId },
  },
};

const changeOf = (data: Definition) => {
  return { topic: definitionChanged.name, key: definitionKey(data), change: data.version, data };
};

const pageOf = (definitions: readonly Definition[]): ChangesPage => {
  return { changes: definitions.map(changeOf), upTo: 9, more: false };
};

function mayPull({ view }: PolicyFollowing): boolean {
  const principal = { ref: ada, account, groups: [], scopeMapId: null };
  const repository = parseRepositoryPattern('team/app');
  return decide(view, { principal, action: 'content/read', account, registryId, repository }).effect === 'allow';
}

describe('experiment 18: a node that starts with nothing stored while Kafka is down', () => {
  it('experiment 18: is not ready and allows nothing as long as the owner does not answer either', async () => {
    const policy = await started(new PolicyFollowing(options()));
    const identity = await started(new IdentityFollowing(options()));
    for (const ms of [250, 3_000, 10_000, 60_000, 3_600_000]) {
      nowMs += ms;
      await Promise.all([policy.follower.tick(), identity.follower.tick()]);
      expect([policy.follower.isReady(), identity.follower.isReady()]).toEqual([false, false]);
      expect([mayPull(policy), identity.state.hasKey]).toEqual([false, false]);
      expect(policy.follower.ageMs()).toBe(Number.POSITIVE_INFINITY);
    }
  });

  it('experiment 18: is not ready on the first half of what the owner says', async () => {
    const policy = await started(new PolicyFollowing(options()));
    answer = (after) => {
      if (after > 0) throw new Error('away again');
      return { ...pageOf([defaultAccount(1), localRegistry(2)]), upTo: 2, more: true };
    };
    nowMs += 2_501;
    await policy.follower.tick();
    expect(policy.follower.isReady()).toBe(false);
  });

  it('experiment 18: loads everything from the owner, and then decides', async () => {
    const policy = await started(new PolicyFollowing(options()));
    answer = (after) => (after < 9 ? pageOf([defaultAccount(1), localRegistry(2), assignment]) : pageOf([]));
    nowMs += 2_501;
    await policy.follower.tick();
    expect([policy.follower.isReady(), mayPull(policy), policy.follower.ageMs()]).toEqual([true, true, 0]);
  });
});

/** Kafka that shows a topic to a consumer which takes its time: a heartbeat counts once all before it is handled. */
class SlowTopic implements StateProgress {
  readonly answered = true;
  caughtUp = false;
  private heardAtMs = startMs;
  private change = 0;

  silentForMs(): number {
    return nowMs - this.heardAtMs;
  }

  safeChange(): number {
    return this.change;
  }

  /** The heartbeat behind a message reaches the consumer. */
  beat(change: number, beatAtMs: number): void {
    this.caughtUp = true;
    this.change = change;
    this.heardAtMs = beatAtMs;
  }
}

describe('experiment 19: a consumer that takes 2 s for each message on the topic of definitions', () => {
  const messages = 40;
  const perMessageMs = 2_000;

  async function slow() {
    const topic = new SlowTopic();
    const metrics = new Metrics('spec', 'spec-1');
    const policy = await started(new PolicyFollowing({ ...options(topic), metrics }));
    await policy.copy.takeIn([changeOf(defaultAccount(1)), changeOf(localRegistry(2))]);
    topic.beat(2, nowMs);
    await policy.follower.tick();
    const gauge = async () => {
      const [, value] = /^berth_policy_copy_age_seconds{.*} (.+)$/m.exec(await metrics.text()) ?? [];
      return Number(value);
    };
    return { topic, policy, gauge };
  }

  it('experiment 19: its age is seen to rise beyond any limit, and to fall when it has caught up', async () => {
    const { topic, policy, gauge } = await slow();
    expect(await gauge()).toBe(0);
    for (let n = 1; n <= messages; n += 1) {
      nowMs += perMessageMs;
      await policy.copy.takeIn([changeOf(scopeMap(n, 100 + n))]);
      await policy.follower.tick();
      expect(policy.follower.ageMs()).toBe(n * perMessageMs);
      expect(await gauge()).toBe((n * perMessageMs) / 1_000);
    }
    // Whoever decides from it refuses to, once it is older than is allowed: see the identity service.
    expect(policy.follower.isReady()).toBe(true);
    topic.beat(100 + messages, nowMs - 500);
    expect([policy.follower.ageMs(), await gauge()]).toEqual([500, 0.5]);
  });

  it('experiment 19: asks the owner instead, so that what was taken away does not wait behind the queue', async () => {
    const { policy } = await slow();
    const asked: number[] = [];
    const lastInQueue = scopeMap(1, 50, { status: 'deleted' });
    answer = (after) => {
      asked.push(after);
      return { ...pageOf(after < 50 ? [lastInQueue] : []), upTo: 50 };
    };
    await policy.copy.takeIn([changeOf(scopeMap(1, 3))]);
    expect(policy.view.scopeMap(uuidOf(1))).not.toBeNull();
    nowMs += 2_501;
    await policy.follower.tick();
    expect([asked, policy.view.scopeMap(uuidOf(1)), policy.follower.ageMs()]).toEqual([[2], null, 0]);
    // The queue still holds older states of it.
    await policy.copy.takeIn([changeOf(scopeMap(1, 40))]);
    expect(policy.view.scopeMap(uuidOf(1))).toBeNull();
  });
});
