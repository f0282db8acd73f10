import process from 'node:process';
import { AppError } from '@berth/errors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { runMain } from './run-main.js';

let said: string;

beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    said += String(chunk);
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
  process.exitCode = undefined;
});

describe('what a process was started for', () => {
  it('is done, and nothing is said', async () => {
    const run = vi.fn(() => Promise.resolve());
    await runMain('policy could not start', run);
    expect(run).toHaveBeenCalledOnce();
    expect({ said, code: process.exitCode }).toEqual({ said: '', code: undefined });
  });

  it.each([
    [
      'at once',
      (): Promise<void> => {
        throw new AppError({ kind: 'malformed', message: 'BERTH_LISTEN: is not set' });
      },
    ],
    ['later', () => Promise.reject(new Error('BERTH_LISTEN: is not set'))],
  ])('failing %s is said in plain words, with exit code 1', async (_, run) => {
    await runMain('policy could not start', run);
    expect({ said, code: process.exitCode }).toEqual({
      said: 'policy could not start: BERTH_LISTEN: is not set\n',
      code: 1,
    });
  });
});
