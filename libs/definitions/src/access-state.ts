import type { Minimum, SigningKey } from '@berth/contracts';
import { publicKeyOf, type VerifyingKey } from '@berth/tokens';
import { tokenLifeMs } from './token-life.js';

interface KnownKey {
  readonly version: number;
  readonly status: SigningKey['status'];
  readonly key: VerifyingKey;
}

/** What is refused of one subject. */
interface Bound {
  /** Tokens that name a lower version are refused. */
  readonly version: number;
  /** Tokens issued before this are refused whatever they name; -Infinity when nothing was unreadable. */
  readonly issuedFromMs: number;
  readonly forgetAtMs: number;
}

/**
 * What a service must know to accept a token of identity: public keys, and the minimum versions. In memory, answered
 * without waiting; fed by the copy of identity's topics. A minimum is forgotten once no token it could refuse is alive.
 */
export class AccessState {
  private readonly keys = new Map<string, KnownKey>();
  /** In the order of arrival, which is nearly the order of forgetting. */
  private readonly bounds = new Map<string, Bound>();

  /** @param clock epoch milliseconds */
  constructor(private readonly clock: () => number) {}

  /** Whether any key can verify; without one nothing can be checked, so the answer is 503 and not 401. */
  get hasKey(): boolean {
    for (const { key } of this.keys.values()) if (!key.revoked) return true;
    return false;
  }

  /** Whether identity has published a key to sign with: its first record. */
  get hasActiveKey(): boolean {
    for (const { status } of this.keys.values()) if (status === 'active') return true;
    return false;
  }

  /** How many subjects have a minimum; for a gauge. */
  get size(): number {
    return this.bounds.size;
  }

  /** The key of that id, revoked or not, the same object as long as nothing changed; null = never heard of. */
  keyOf(kid: string): VerifyingKey | null {
    return this.keys.get(kid)?.key ?? null;
  }

  /** Keeps the latest state of a key. @throws Error when it isn't a point on its curve */
  applyKey({ kid, alg, publicJwk, status, version }: SigningKey): void {
    const known = this.keys.get(kid);
    if (known !== undefined && known.version >= version) return;
    // The kid is the thumbprint of the key, so what is behind it never changes and is made once.
    const publicKey = known?.key.publicKey ?? publicKeyOf(publicJwk);
    this.keys.set(kid, { version, status, key: { publicKey, alg, revoked: status === 'revoked' } });
  }

  /** Trusts a key no longer, until a newer state of it is applied. */
  distrustKey(kid: string): void {
    const known = this.keys.get(kid);
    if (known !== undefined) this.keys.set(kid, { ...known, key: { ...known.key, revoked: true } });
  }

  /** Keeps the highest minimum of a subject. */
  applyMinimum({ subject, version, raisedAt }: Minimum): void {
    const forgetAtMs = Date.parse(raisedAt) + tokenLifeMs;
    this.raise(subject, { version, issuedFromMs: Number.NEGATIVE_INFINITY, forgetAtMs });
  }

  /**
   * Refuses every token of a subject that was issued before an instant: for a minimum that could not be read, so that
   * what it takes away is taken away.
   *
   * @param atMs when Kafka got the record, epoch milliseconds
   */
  refuseIssuedBefore(subject: string, atMs: number): void {
    this.raise(subject, { version: 0, issuedFromMs: atMs, forgetAtMs: atMs + tokenLifeMs });
  }

  /**
   * The first subject in a token's `ver` for which the token is too old; null when it may be accepted.
   *
   * @param ver subject to version, 16 at most
   * @param issuedAtSeconds the token's `iat`
   */
  refusedBy(ver: Readonly<Record<string, number>>, issuedAtSeconds: number): string | null {
    if (this.bounds.size === 0) return null;
    const now = this.clock();
    this.forget(now);
    for (const subject in ver) {
      const bound = this.bounds.get(subject);
      if (bound === undefined || bound.forgetAtMs <= now) continue;
      if ((ver[subject] ?? 0) < bound.version || issuedAtSeconds * 1000 < bound.issuedFromMs) return subject;
    }
    return null;
  }

  private raise(subject: string, bound: Bound): void {
    const now = this.clock();
    this.forget(now);
    if (bound.forgetAtMs <= now) return;
    const known = this.bounds.get(subject);
    this.bounds.delete(subject);
    this.bounds.set(subject, known === undefined ? bound : joined(known, bound));
  }

  /** A few at a time: forgetting a million minima at once would stop the pulls. */
  private forget(now: number): void {
    let left = 8;
    for (const [subject, { forgetAtMs }] of this.bounds) {
      if (forgetAtMs > now || left-- === 0) return;
      this.bounds.delete(subject);
    }
  }
}

function joined(a: Bound, b: Bound): Bound {
  return {
    version: Math.max(a.version, b.version),
    issuedFromMs: Math.max(a.issuedFromMs, b.issuedFromMs),
    forgetAtMs: Math.max(a.forgetAtMs, b.forgetAtMs),
  };
}
