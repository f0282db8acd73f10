import { expect, it } from 'vitest';
import { Pause } from './pause.js';

const forEverMs = 1_000_000;

it('ends a wait by a wake-up', async () => {
  const pause = new Pause();
  const waiting = pause.wait(forEverMs);
  pause.wake();
  await waiting;
});

it('remembers a wake-up that came before the wait, once', async () => {
  const pause = new Pause();
  pause.wake();
  await pause.wait(forEverMs);
  const startedAt = performance.now();
  await pause.wait(20);
  expect(performance.now() - startedAt).toBeGreaterThan(15);
});

it('keeps a wake-up for the next wait when this one must last', async () => {
  const pause = new Pause();
  const startedAt = performance.now();
  const backOff = pause.wait(20, false);
  pause.wake();
  await backOff;
  expect(performance.now() - startedAt).toBeGreaterThan(15);
  await pause.wait(forEverMs);
});

it('waits no more once ended', async () => {
  const pause = new Pause();
  const waiting = pause.wait(forEverMs, false);
  pause.end();
  await waiting;
  await pause.wait(forEverMs);
  await pause.wait(forEverMs, false);
});
