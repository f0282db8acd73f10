import { AppError } from '@berth/errors';
import { parseRepositoryName } from '@berth/oci';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { CheckedMemory, type Remembered } from './checked-memory.js';
import type { RepositoryState } from './repository-state.js';

const address = { account: 'a', registryId: 'r', name: parseRepositoryName('team/app') };
const question = { address, what: 'manifest v1' };

interface Named {
  readonly name: string;
}

let nowMs: number;
let state: RepositoryState | null | Error;
let memory: CheckedMemory;

beforeEach(() => {
  nowMs = 1_000_000;
  state = { id: 'repository-1', version: 7 };
  memory = new CheckedMemory({
    ...{ maxBytes: 1_000, maxStaleMs: 300_000, clock: () => nowMs },
    stateOf: async () => {
      if (state instanceof Error) throw state;
      return state;
    },
  });
});

const silent = () => new AppError({ kind: 'unavailable', message: 'the database does not answer' });
const read = (name: string, changes: Partial<Remembered<Named>> = {}) =>
  vi.fn(async () => ({
    repositoryId: 'repository-1',
    version: 7,
    value: { name },
    bytes: 100,
    isKept: true,
    ...changes,
  }));
const never = vi.fn(async (): Promise<Remembered<Named> | null> => {
  throw new Error('asked although it is remembered');
});

describe('CheckedMemory', () => {
  it('answers again what nothing was moved or removed of', async () => {
    expect(await memory.find(question, read('first'))).toEqual({ name: 'first' });
    expect(await memory.find(question, never)).toEqual({ name: 'first' });
  });

  it.each([
    ['the version was raised', { id: 'repository-1', version: 8 }],
    ['the name is another repository now', { id: 'repository-2', version: 7 }],
    ['the repository is gone', null],
  ])('reads again when %s', async (_, changed) => {
    await memory.find(question, read('first'));
    state = changed;
    expect(await memory.find(question, read('second'))).toEqual({ name: 'second' });
  });

  it('never remembers that something does not exist, nor what must not be kept', async () => {
    expect(await memory.find(question, async () => null)).toBeNull();
    expect(await memory.find(question, read('closed', { isKept: false }))).toEqual({ name: 'closed' });
    expect(await memory.find(question, read('open'))).toEqual({ name: 'open' });
  });

  it('keeps questions about other repositories and other things apart', async () => {
    await memory.find(question, read('first'));
    const elsewhere = { address: { ...address, name: parseRepositoryName('team/other') }, what: 'manifest v1' };
    expect(await memory.find(elsewhere, read('elsewhere'))).toEqual({ name: 'elsewhere' });
    expect(await memory.find({ address, what: 'blob v1' }, read('blob'))).toEqual({ name: 'blob' });
  });

  it('forgets the least used beyond its size', async () => {
    for (let i = 0; i < 11; i++) await memory.find({ address, what: `manifest v${i}` }, read(`v${i}`));
    expect(await memory.find({ address, what: 'manifest v10' }, never)).toEqual({ name: 'v10' });
    expect(await memory.find({ address, what: 'manifest v0' }, read('again'))).toEqual({ name: 'again' });
  });

  it('counts for a bounded time while Postgres gives no answer, and tells that it did', async () => {
    await memory.find(question, read('first'));
    state = silent();
    nowMs += 300_000;
    expect(await memory.find(question, never)).toEqual({ name: 'first' });
    expect(memory.staleAnswers).toBe(1);
    nowMs += 1;
    expect(await memory.find(question, read('second'))).toEqual({ name: 'second' });
  });

  it('waits for a Postgres that is away for a moment, and gives up on one that stays away', async () => {
    vi.useFakeTimers();
    try {
      const load = vi.fn().mockRejectedValueOnce(silent()).mockImplementation(read('late'));
      const found = memory.find(question, load);
      await vi.advanceTimersByTimeAsync(1_000);
      expect(await found).toEqual({ name: 'late' });
      const lost = memory.find({ address, what: 'manifest v2' }, () => Promise.reject(silent()));
      const refused = expect(lost).rejects.toMatchObject({ kind: 'unavailable' });
      await vi.advanceTimersByTimeAsync(6_000);
      await refused;
    } finally {
      vi.useRealTimers();
    }
  });

  it('passes on any other error at once', async () => {
    await expect(memory.find(question, () => Promise.reject(new Error('a bug')))).rejects.toThrow('a bug');
  });
});
