import { argon2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { PasswordHasher } from './password-hasher.js';
import { WorkLimit } from './work-limit.js';

describe('passwords that people choose', () => {
  const hasher = new PasswordHasher({ maxConcurrent: 2 });

  it('are hashed with argon2id, 19 MiB, 2 passes, and a salt of their own', async () => {
    const [one, two] = await Promise.all([hasher.hash('correct horse'), hasher.hash('correct horse')]);
    expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/);
    expect(one).not.toBe(two);
    const [, , , , salt = '', tag = ''] = one.split('$');
    const expected = argon2Sync('argon2id', {
      message: 'correct horse',
      nonce: Buffer.from(salt, 'base64'),
      memory: 19_456,
      passes: 2,
      parallelism: 1,
      tagLength: 32,
    });
    expect(Buffer.from(tag, 'base64')).toEqual(expected);
  });

  it('are checked', async () => {
    const phc = await hasher.hash('correct horse');
    expect(await hasher.verify('correct horse', phc)).toBe(true);
    expect(await hasher.verify('correct Horse', phc)).toBe(false);
    expect(await hasher.verify('', phc)).toBe(false);
  });

  it('B19 an unknown user costs the same work and is refused', async () => {
    const work: string[] = [];
    const limit = WorkLimit.prototype.run;
    WorkLimit.prototype.run = function (run) {
      work.push('hash');
      return limit.call(this, run) as ReturnType<typeof run>;
    };
    try {
      expect(await hasher.verify('anything', null)).toBe(false);
      expect(await hasher.verify('x'.repeat(1_000_000), null)).toBe(false);
    } finally {
      WorkLimit.prototype.run = limit;
    }
    expect(work).toEqual(['hash', 'hash']);
  });

  it('B20 all characters count, to the last of 1,024 bytes', async () => {
    const long = 'p'.repeat(72);
    const phc = await hasher.hash(`${long}a`);
    expect(await hasher.verify(`${long}b`, phc)).toBe(false);
    expect(await hasher.verify(long, phc)).toBe(false);
    const longest = await hasher.hash('é'.repeat(512));
    expect(await hasher.verify('é'.repeat(512), longest)).toBe(true);
    expect(await hasher.verify(`${'é'.repeat(512)}x`, longest)).toBe(false);
    await expect(hasher.hash(`${'é'.repeat(512)}x`)).rejects.toMatchObject({ kind: 'malformed' });
    await expect(hasher.hash('')).rejects.toMatchObject({ kind: 'malformed' });
  });

  it.each([
    '',
    'plain',
    '$2b$10$abcdefghijklmnopqrstuv',
    '$argon2id$v=19$m=4194304,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2hoYXNoaGFzaA',
  ])('refuses the stored hash %j', async (phc) =>
    expect(hasher.verify('x', phc)).rejects.toMatchObject({ kind: 'bug' }),
  );
});

describe('the work of log-ins', () => {
  it('runs so many at once, lets so many wait in order, and refuses the rest with 429', async () => {
    const limit = new WorkLimit({ maxConcurrent: 2, maxQueued: 1 });
    const ends: (() => void)[] = [];
    const work = () => new Promise<number>((resolve) => ends.push(() => resolve(ends.length)));
    const first = [limit.run(work), limit.run(work), limit.run(work)];
    await expect(limit.run(work)).rejects.toMatchObject({ kind: 'rate-limited', retryAfterSeconds: 1 });
    expect(ends).toHaveLength(2);
    ends[0]?.();
    await first[0];
    expect(ends).toHaveLength(3);
    for (const end of ends) end();
    await Promise.all(first);
    const next = limit.run(() => Promise.resolve('free again'));
    await expect(next).resolves.toBe('free again');
  });

  it('gives its place on when work fails', async () => {
    const limit = new WorkLimit({ maxConcurrent: 1, maxQueued: 5 });
    const failing = limit.run(() => Promise.reject(new Error('no')));
    const waiting = limit.run(() => Promise.resolve('ran'));
    await expect(failing).rejects.toThrow('no');
    await expect(waiting).resolves.toBe('ran');
  });
});
