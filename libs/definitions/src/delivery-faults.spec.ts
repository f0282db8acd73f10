import {
  definitionChanged,
  definitionKey,
  minimumRaised,
  type Definition,
  type Minimum,
  type RoleAssignmentDefinition,
} from '@berth/contracts';
import { principalRef } from '@berth/policy-engine';
import type { Transaction } from '@berth/persistence';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { IdentityFollowing } from './follow-identity.js';
import { PolicyFollowing } from './follow-policy.js';
import { followingOptions, nowMs } from './following.suite.js';
import {
  account,
  createSpecSchema,
  minimumOf,
  registryId,
  scopeMap,
  uuidOf,
  type SpecSchema,
} from './state-copy.suite.js';
import type { StateRecord } from './state-copy.js';

const published = 1_500;
const things = 300;
const windowSize = 1_000;
let schema: SpecSchema;

beforeEach(async () => {
  schema = await createSpecSchema();
});

afterEach(() => schema.drop());

async function policyReplica(onStored?: (tx: Transaction, change: { next: Definition }) => Promise<void>) {
  const following = new PolicyFollowing(
    onStored === undefined ? followingOptions(schema) : { ...followingOptions(schema), onStored },
  );
  await following.onModuleInit();
  return following;
}

/** Numbers from 0 to 1, the same in each run (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Each record three times, none further than a window from its place. */
function faulty(records: readonly StateRecord[], random: () => number): StateRecord[] {
  return records
    .flatMap((record, at) => Array.from({ length: 3 }, () => ({ record, place: at + random() * windowSize })))
    .toSorted((a, b) => a.place - b.place)
    .map(({ record }) => record);
}

function batchesOf(records: readonly StateRecord[], random: () => number): StateRecord[][] {
  const batches: StateRecord[][] = [];
  for (let at = 0; at < records.length;) {
    const size = 1 + Math.floor(random() * 200);
    batches.push(records.slice(at, at + size));
    at += size;
  }
  return batches;
}

const principalOf = (n: number) => principalRef('user', uuidOf(10_000 + (n % 50)));

/** Every third is an assignment, the others are scope maps; one in ten states is an end. */
function definitionOf(n: number, version: number, random: () => number): Definition {
  const status = random() < 0.1 ? 'deleted' : 'active';
  if (n % 3 > 0) return scopeMap(n, version, { status });
  const assignment: RoleAssignmentDefinition = {
    ...{ kind: 'role-assignment', id: uuidOf(n), account, version, status, changedAt: '2026-11-01T00:00:00.000Z' },
    ...{ principal: principalOf(n), role: 'AcrPull', scope: { kind: 'registry', registryId } },
  };
  return assignment;
}

function definitionLog(random: () => number): Definition[] {
  return Array.from({ length: published }, (_, at) => definitionOf(Math.floor(random() * things), at + 1, random));
}

const recordOf = (data: Definition): StateRecord => {
  return { topic: definitionChanged.name, key: definitionKey(data), change: data.version, data };
};

/** What the log says in the end, by key. */
function lastOf(log: readonly Definition[]): Map<string, Definition> {
  return new Map(log.map((definition) => [definitionKey(definition), definition]));
}

/** All that a view shows of the things of a log, as text. */
function shown({ view }: PolicyFollowing): string {
  const maps = Array.from({ length: things }, (_, n) => view.scopeMap(uuidOf(n))).map((map) => map?.version ?? null);
  const assignments = Array.from({ length: 50 }, (_, n) =>
    view
      .roleAssignmentsOf(principalOf(n))
      .map(({ id, version }) => `${id}@${version}`)
      .toSorted(),
  );
  return JSON.stringify({ maps, assignments });
}

describe('experiment 14: every message three times, shuffled within a window of 1,000', () => {
  it('experiment 14: two replicas end with what the log says, and each stored state was newer than the one before', async () => {
    const random = numbers(14);
    const log = definitionLog(random);
    const model = await policyReplica();
    await model.copy.apply([...lastOf(log).values()].map(recordOf));
    const expected = shown(model);
    await schema.open().query('delete from followed_record');

    const stored = new Map<string, number[]>();
    const onStored = (_: Transaction, { next }: { next: Definition }) => {
      const key = definitionKey(next);
      stored.set(key, [...(stored.get(key) ?? []), next.version]);
      return Promise.resolve();
    };
    const replicas = [await policyReplica(onStored), await policyReplica(onStored)];
    await Promise.all(
      replicas.map(async ({ copy }) => {
        for (const batch of batchesOf(faulty(log.map(recordOf), random), random)) await copy.takeIn(batch);
      }),
    );
    await Promise.all(replicas.map(({ copy }) => copy.refreshTo(Math.max(...replicas.map((each) => each.copy.epoch)))));
    expect(replicas.map(shown)).toEqual([expected, expected]);
    for (const [key, { version }] of lastOf(log)) {
      const versions = stored.get(key) ?? [];
      expect(versions).toEqual([...new Set(versions)].toSorted((a, b) => a - b));
      expect(versions.at(-1)).toBe(version);
    }
    const restarted = await policyReplica();
    expect(shown(restarted)).toBe(expected);
  });

  it('experiment 14: the minimum of each subject is its highest', async () => {
    const random = numbers(41);
    const log: Minimum[] = Array.from({ length: published }, (_, at) =>
      minimumOf(`token:${Math.floor(random() * things)}`, at + 1, nowMs),
    );
    const following = new IdentityFollowing(followingOptions(schema));
    await following.onModuleInit();
    const records = log.map((data) => ({ topic: minimumRaised.name, key: data.subject, change: data.version, data }));
    for (const batch of batchesOf(faulty(records, random), random)) await following.copy.takeIn(batch);
    const refused = (subject: string, version: number) =>
      following.state.refusedBy({ [subject]: version }, nowMs / 1000) !== null;
    for (const [subject, { version }] of new Map(log.map((minimum) => [minimum.subject, minimum]))) {
      expect([refused(subject, version - 1), refused(subject, version)], subject).toEqual([true, false]);
    }
  });
});

describe('experiment 17: a consumer that was away for longer than Kafka keeps a delete', () => {
  const doomed = 3;

  /** What compaction has left of a topic: the last record of each key. */
  const compacted = (log: readonly Definition[]) => [...lastOf(log).values()].map(recordOf);

  it('experiment 17: reads the ends of things from the compacted topic: they are records, no tombstones', async () => {
    const log: Definition[] = [scopeMap(doomed, 1), scopeMap(4, 2)];
    const before = await policyReplica();
    await before.copy.takeIn(log.map(recordOf));
    expect(before.view.scopeMap(uuidOf(doomed))).not.toBeNull();

    log.push(scopeMap(doomed, 3, { status: 'deleted' }), scopeMap(4, 4), scopeMap(5, 5));
    const after = await policyReplica();
    // From its own table, before Kafka has said anything.
    expect(after.view.scopeMap(uuidOf(doomed))).not.toBeNull();
    await after.copy.takeIn(compacted(log));
    expect(after.view.scopeMap(uuidOf(doomed))).toBeNull();
    expect([4, 5].map((n) => after.view.scopeMap(uuidOf(n))?.version)).toEqual([4, 5]);
    // An old record that is delivered late brings nothing back.
    await after.copy.takeIn([recordOf(scopeMap(doomed, 2))]);
    expect(after.view.scopeMap(uuidOf(doomed))).toBeNull();
  });

  it('experiment 17: needs no minimum that Kafka has dropped: no token that it would refuse is alive', async () => {
    let clockMs = nowMs;
    const following = new IdentityFollowing({ ...followingOptions(schema), clock: () => clockMs });
    await following.onModuleInit();
    const data = minimumOf('token:a', 3, nowMs);
    await following.copy.takeIn([{ topic: minimumRaised.name, key: data.subject, change: 1, data }]);
    const longestTokenSeconds = 3_600 + 60;
    clockMs += longestTokenSeconds * 1_000;
    expect(following.state.refusedBy({ 'token:a': 2 }, nowMs / 1_000)).toBe('token:a');
    expect(minimumRaised.retentionMs).toBeGreaterThan(longestTokenSeconds * 1_000);
  });
});
