import { managementClaims } from '@berth/contracts';
import type { Caller } from '@berth/http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { IdentityPlace } from './identity-place.suite.js';
import { LastingCallers } from './lasting-caller.js';

const secondMs = 1000;

describe('LastingCallers', () => {
  let place: IdentityPlace;

  beforeAll(async () => {
    place = await IdentityPlace.start();
  });
  afterAll(() => place.stop());

  /** A service ID that is logged in by a key that ends. */
  async function callerFor(keySeconds: number | null): Promise<Caller> {
    const name = `ci-${String(keySeconds)}`;
    const { id } = (await place.call('POST', '/service-ids', { name })).json<{ id: string }>();
    const end = keySeconds === null ? null : new Date(place.clock.read() + keySeconds * secondMs).toISOString();
    const made = await place.call('POST', `/service-ids/${id}/api-keys`, end === null ? {} : { expiresAt: end });
    const { apiKey } = made.json<{ apiKey: string }>();
    const { token } = (await place.identity.logIn(`${name}:${apiKey}`)).json<{ token: string }>();
    const { sub: ref, acct: account, groups, operator } = place.identity.verifier().verifyManagement(token);
    const [address, userAgent, traceId] = [undefined, undefined, undefined];
    return { ref, name, account, groups, operator, token, address, userAgent, traceId };
  }

  const again = (caller: Caller) => place.identity.app.get(LastingCallers).again(caller);
  const secondsLeft = ({ token }: Caller) => {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
    return managementClaims.parse(JSON.parse(payload)).exp - Math.floor(place.clock.read() / secondMs);
  };

  it('never lets a caller outlast the API key that they came with', async () => {
    let caller = await callerFor(90);
    const left: number[] = [secondsLeft(caller)];
    for (const passed of [40, 45]) {
      place.clock.advance(passed * secondMs);
      caller = again(caller);
      left.push(secondsLeft(caller));
    }
    expect(left).toEqual([60, 50, 5]);
    place.clock.advance(5 * secondMs);
    expect(() => again(caller)).toThrow(expect.objectContaining({ kind: 'unauthenticated' }));
  });

  it('goes on with a caller whose credential never ends', async () => {
    let caller = await callerFor(null);
    for (let passed = 0; passed < 5; passed += 1) {
      place.clock.advance(45 * secondMs);
      caller = again(caller);
    }
    expect(secondsLeft(caller)).toBe(60);
  });
});
