import { AppError } from '@berth/errors';
import type { EgressAnswer, EgressRequest } from '@berth/http';
import { beforeEach, describe, expect, it } from 'vitest';
import { IssuerKeys } from './issuer-keys.js';
import { newIssuerKey, signed, type IssuerKey } from './issuer.suite.js';

const issuer = 'https://issuer.example';
const audience = 'localhost:5000';
const minute = 60_000;
const hour = 60 * minute;

describe('IssuerKeys', () => {
  let nowMs: number;
  let shown: IssuerKey[];
  let asked: string[];
  let answer: (request: EgressRequest) => Promise<EgressAnswer>;
  let keys: IssuerKeys;
  let first: IssuerKey;

  beforeEach(() => {
    nowMs = Date.UTC(2026, 0, 1);
    asked = [];
    first = newIssuerKey('key-1');
    shown = [first];
    answer = ({ url }) => Promise.resolve(answered(JSON.stringify(url.endsWith('/jwks') ? jwks() : about(url))));
    const egress = {
      send: (request: EgressRequest) => {
        asked.push(request.url);
        return answer(request);
      },
    };
    keys = new IssuerKeys(egress, () => nowMs, { warn: () => undefined });
  });

  const jwks = () => ({ keys: shown.map(({ jwk }) => jwk) });
  const about = (url: string) => {
    const { origin } = new URL(url);
    return { issuer: origin, jwks_uri: `${origin}/jwks` };
  };
  const answered = (text: string, status = 200): EgressAnswer => ({ status, headers: {}, body: Buffer.from(text) });
  const away = () =>
    Promise.reject(new AppError({ kind: 'unavailable', code: 'egress-timeout', message: 'no answer' }));
  const fetched = () => asked.filter((url) => url.endsWith('/jwks')).length;

  function tokenOf(key: IssuerKey, iss = issuer): string {
    const now = nowMs / 1000;
    return signed({ iss, sub: 'robot', aud: audience, iat: now, exp: now + 300 }, key);
  }
  const verify = async (key: IssuerKey, iss = issuer) =>
    (await keys.verify({ compact: tokenOf(key, iss), issuer: iss, audience })).kind;

  it('reads the keys of an issuer once for many log-ins, also for those that come together', async () => {
    expect(await Promise.all([verify(first), verify(first), verify(first)])).toEqual(Array(3).fill('accepted'));
    expect(await verify(first)).toBe('accepted');
    expect(asked).toEqual([`${issuer}/.well-known/openid-configuration`, `${issuer}/jwks`]);
  });

  it('finds a key that is new since, at once', async () => {
    await verify(first);
    nowMs += 31_000;
    const second = newIssuerKey('key-2');
    shown = [first, second];
    expect([await verify(second), await verify(first), fetched()]).toEqual(['accepted', 'accepted', 2]);
  });

  it('A8 asks at most once in 30 s, however many keys are named that the issuer does not have', async () => {
    await verify(first);
    for (let at = 0; at < 100; at += 1) {
      nowMs += 250;
      expect(await verify({ ...first, kid: `guess-${at}` })).toBe('refused');
    }
    expect(fetched()).toBe(1);
    nowMs += 10_000;
    await Promise.all([1, 2, 3].map((at) => verify({ ...first, kid: `guess-again-${at}` })));
    expect(fetched()).toBe(2);
  });

  it('refuses a key that the issuer took back, ten minutes later at most', async () => {
    await verify(first);
    shown = [newIssuerKey('key-2')];
    nowMs += 9 * minute;
    await verify(first);
    nowMs += 2 * minute;
    expect(await verify(first)).toBe('refused');
  });

  it('36 goes on with the keys it has while an issuer is away for two hours, and takes its new ones when it is back', async () => {
    await verify(first);
    answer = away;
    for (let at = 0; at < 12; at += 1) {
      nowMs += 10 * minute;
      expect(await verify(first)).toBe('accepted');
    }
    const second = newIssuerKey('key-2');
    shown = [second];
    await expect(verify(second)).rejects.toMatchObject({ kind: 'unavailable', code: 'issuer-unavailable' });
    answer = ({ url }) => Promise.resolve(answered(JSON.stringify(url.endsWith('/jwks') ? jwks() : about(url))));
    nowMs += 5 * minute;
    expect([await verify(second), await verify(first)]).toEqual(['accepted', 'refused']);
  });

  it('36 uses old keys for six hours, no longer', async () => {
    await verify(first);
    answer = away;
    nowMs += 6 * hour + 1;
    await expect(verify(first)).rejects.toMatchObject({ code: 'issuer-unavailable' });
  });

  it('37 follows an issuer that changes its keys every five minutes, and back', async () => {
    const second = newIssuerKey('key-2');
    for (let at = 0; at < 6; at += 1) {
      const [signing, other] = at % 2 === 0 ? [first, second] : [second, first];
      shown = [signing, other];
      expect([await verify(signing), await verify(other)]).toEqual(['accepted', 'accepted']);
      nowMs += 5 * minute + 1;
    }
  });

  it('asks an issuer that fails ever less often, and says when to come again', async () => {
    answer = away;
    const refusal = await verify(first).catch((e: unknown) => e);
    expect(refusal).toMatchObject({ kind: 'unavailable', code: 'issuer-unavailable', retryAfterSeconds: 5 });
    await expect(verify(first)).rejects.toThrow();
    expect(asked).toHaveLength(1);
    for (let seconds = 0; seconds < 3600; seconds += 5) {
      nowMs += 5000;
      await expect(verify(first)).rejects.toThrow();
    }
    expect(asked.length).toBeLessThan(20);
  });

  it('takes nothing from an issuer that calls itself otherwise, answers with errors or with nonsense', async () => {
    const bad: (() => EgressAnswer)[] = [
      () => answered(JSON.stringify({ issuer: 'https://other.example', jwks_uri: `${issuer}/jwks` })),
      () => answered('{}'),
      () => answered('not JSON'),
      () => answered(JSON.stringify(about(issuer)), 500),
    ];
    for (const each of bad) {
      answer = () => Promise.resolve(each());
      await expect(verify(first)).rejects.toMatchObject({ code: 'issuer-unavailable' });
      nowMs += 10 * minute;
    }
    expect(fetched()).toBe(0);
  });

  it('keeps what was good when an issuer shows nonsense later', async () => {
    await verify(first);
    answer = ({ url }) =>
      Promise.resolve(answered(url.endsWith('/jwks') ? '{"keys":[{}]}' : JSON.stringify(about(url))));
    nowMs += 20 * minute;
    expect(await verify(first)).toBe('accepted');
  });

  it('lets those in whom it knows by older keys while a crowd waits for newer ones', async () => {
    await verify(first);
    nowMs += 11 * minute;
    const { promise, resolve } = Promise.withResolvers<EgressAnswer>();
    answer = () => promise;
    const compact = tokenOf({ ...first, kid: 'unknown' });
    const crowd = Array.from({ length: 100 }, () => keys.verify({ compact, issuer, audience }));
    expect(await verify(first)).toBe('accepted');
    resolve(answered('{}'));
    await Promise.allSettled(crowd);
  });

  it('lets no more wait for one issuer than a hundred, and nobody for another one', async () => {
    const { promise, resolve } = Promise.withResolvers<EgressAnswer>();
    const good = answer;
    answer = (request) => (request.url.startsWith('https://slow.example') ? promise : good(request));
    const compact = tokenOf(first, 'https://slow.example');
    const ask = () => keys.verify({ compact, issuer: 'https://slow.example', audience });
    const waiting = Array.from({ length: 100 }, ask);
    await expect(ask()).rejects.toMatchObject({ code: 'issuer-unavailable' });
    expect(await verify(first)).toBe('accepted');
    expect(asked.filter((url) => url.startsWith('https://slow.example'))).toHaveLength(1);
    resolve(answered('{}'));
    const outcomes = await Promise.allSettled(waiting);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
  });
});
