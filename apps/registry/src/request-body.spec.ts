import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { readSmallBody } from './request-body.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});

afterEach(() => {
  vi.useRealTimers();
});

const limits = { maxBytes: 10, maxMs: 60_000 };

describe('readSmallBody', () => {
  it('takes what arrives in time, and leaves no timer', async () => {
    const request = new IncomingMessage(new Socket());
    const body = readSmallBody(request, limits);
    request.push(Buffer.from('abc'));
    await vi.advanceTimersByTimeAsync(59_000);
    request.push(Buffer.from('def'));
    request.push(null);
    expect((await body).toString()).toBe('abcdef');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('gives up on a body that takes longer, however often a piece of it comes', async () => {
    const request = new IncomingMessage(new Socket());
    const refused = expect(readSmallBody(request, limits)).rejects.toMatchObject({
      ...{ kind: 'malformed', code: 'MANIFEST_INVALID', message: expect.stringContaining('60 s') },
    });
    for (let i = 0; i < 4; i++) {
      request.push(Buffer.from('a'));
      await vi.advanceTimersByTimeAsync(15_000);
    }
    await refused;
  });

  it('takes no more bytes than allowed', async () => {
    const request = new IncomingMessage(new Socket());
    request.push(Buffer.alloc(11));
    await expect(readSmallBody(request, limits)).rejects.toMatchObject({ kind: 'too-large' });
  });
});
