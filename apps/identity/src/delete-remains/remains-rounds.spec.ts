import { createLogger } from '@berth/telemetry';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { AccountRemainsRounds } from './account-remains-rounds.js';
import { DeleteAccountRemains } from './delete-account-remains.js';
import { DeleteRemains } from './delete-remains.js';
import { RemainsRounds } from './remains-rounds.js';

const logger = createLogger({ service: 'identity', instance: 'identity-1', level: 'silent' });
const everyMs = 1000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Rounds over what is not asked: what they do is said by each test. */
function rounds() {
  const remains = Object.create(DeleteRemains.prototype) as DeleteRemains;
  const accounts = Object.create(DeleteAccountRemains.prototype) as DeleteAccountRemains;
  const both = [new RemainsRounds(remains, everyMs, logger), new AccountRemainsRounds(accounts, everyMs, logger)];
  return {
    ofRegistries: vi.spyOn(remains, 'round'),
    ofAccounts: vi.spyOn(accounts, 'round').mockResolvedValue(1),
    start: () => both.map((each) => each.onApplicationBootstrap()),
  };
}

it.each([
  ['fails', () => Promise.reject(new Error('store down'))],
  ['does not end', () => new Promise<never>(() => undefined)],
])('goes on over accounts while a round over registries %s', async (_, outcome) => {
  const { ofRegistries, ofAccounts, start } = rounds();
  ofRegistries.mockImplementation(outcome);
  start();
  await vi.advanceTimersByTimeAsync(5 * everyMs);
  expect(ofRegistries).toHaveBeenCalled();
  expect(ofAccounts.mock.calls.length).toBeGreaterThanOrEqual(3);
});
