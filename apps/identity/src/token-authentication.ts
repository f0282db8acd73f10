import { Inject, Injectable } from '@nestjs/common';
import { hashSecret, secretsEqual } from '@berth/tokens';
import { LRUCache } from 'lru-cache';
import type { BasicCredentials } from './basic-credentials.js';
import { CLOCK, secondsOf, type Clock } from '@berth/foundation';
import {
  CREDENTIAL_STORE,
  credentialKey,
  type CredentialStore,
  type TokenCredential,
  type TokenVersions,
} from './credential.js';
import { DefinitionsCopy } from './definitions-copy.js';
import { OneInFlight } from './one-in-flight.js';
import type { RepositoryToken, TokenKey, TokenPassword } from './repository-token.js';

/** Which token somebody is. `token` of a refusal: whose name was given, null when none has it. */
export type TokenAuthentication =
  | { readonly kind: 'accepted'; readonly token: TokenCredential; readonly password: TokenPassword }
  | {
      readonly kind: 'refused';
      readonly reason:
        | 'unknown-token'
        | 'wrong-password'
        | 'password-replaced'
        | 'disabled'
        | 'expired'
        | 'password-expired'
        | 'owner-gone'
        | 'owner-disabled';
      readonly token: RepositoryToken | null;
    };

/** The password of a token that a refresh token is bound to. */
export interface BoundToSlot {
  readonly tokenId: string;
  readonly name: string;
  readonly slot: number | undefined;
  readonly version: number;
}

/** About 1 KiB each. */
const maxRemembered = 100_000;

/** Compared where there is no password to compare with; nothing hashes to it. */
const noPassword = Buffer.alloc(32);

/**
 * Checks the password of a repository token. Rows are remembered, but none is used before its version was compared in a
 * query that was sent after the request came, and what is copied in memory is then at least as new as the schema's: so
 * whatever is decided next is decided from what the schema holds, however many processes write to it.
 */
@Injectable()
export class AuthenticateToken {
  private readonly remembered = new LRUCache<string, TokenCredential>({ max: maxRemembered });
  private readonly versions: OneInFlight<string, Awaited<ReturnType<CredentialStore['versions']>>>;
  private readonly rows: OneInFlight<TokenKey, Awaited<ReturnType<CredentialStore['read']>>>;

  constructor(
    @Inject(CREDENTIAL_STORE) store: CredentialStore,
    private readonly definitions: DefinitionsCopy,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {
    this.versions = new OneInFlight((ids) => store.versions(ids));
    this.rows = new OneInFlight((keys) => store.read(keys));
  }

  /** @throws AppError 'unavailable' when Postgres doesn't answer */
  async execute(registryId: string, { username, password }: BasicCredentials): Promise<TokenAuthentication> {
    const sha256 = hashSecret(password);
    const token = await this.current({ registryId, name: username }, (known) => matching(known, sha256) !== null);
    const slot = matching(token, sha256);
    return this.judged(token, slot ?? 'wrong-password');
  }

  /**
   * Whether what a refresh token is bound to is still there: that token, and that password of it.
   *
   * @throws AppError 'unavailable' when Postgres doesn't answer
   */
  async again(registryId: string, bound: BoundToSlot): Promise<TokenAuthentication> {
    const found = await this.current({ registryId, name: bound.name }, () => true);
    const token = found?.id === bound.tokenId ? found : null;
    const slot = token?.passwords.find(
      (password) => password.slot === bound.slot && password.version === bound.version,
    );
    return this.judged(token, slot ?? 'password-replaced');
  }

  private judged(
    token: TokenCredential | null,
    slot: TokenPassword | 'wrong-password' | 'password-replaced',
  ): TokenAuthentication {
    if (token === null) return { kind: 'refused', reason: 'unknown-token', token };
    if (typeof slot === 'string') return { kind: 'refused', reason: slot, token };
    if (token.status === 'disabled') return { kind: 'refused', reason: 'disabled', token };
    if (isPast(token.expiresAtMs, this.clock())) return { kind: 'refused', reason: 'expired', token };
    if (isPast(slot.expiresAtMs, this.clock())) return { kind: 'refused', reason: 'password-expired', token };
    if (token.owner !== null && token.ownerNow === null) return { kind: 'refused', reason: 'owner-gone', token };
    if (token.ownerNow?.status === 'disabled') return { kind: 'refused', reason: 'owner-disabled', token };
    return { kind: 'accepted', token, password: slot };
  }

  /**
   * @param isWanted whether what is remembered may be what was presented; a wrong password is looked up as an unknown name
   *   is, so that time doesn't tell which names there are
   */
  private async current(key: TokenKey, isWanted: (known: TokenCredential) => boolean): Promise<TokenCredential | null> {
    const place = credentialKey(key);
    const known = this.remembered.get(place);
    if (known !== undefined && isWanted(known)) {
      const { epochs, versions } = await this.versions.ask(known.id);
      if (isAsRemembered(known, versions.get(known.id))) {
        await this.definitions.reach(epochs);
        return known;
      }
      this.remembered.delete(place);
    }
    const { epochs, tokens } = await this.rows.ask(key);
    await this.definitions.reach(epochs);
    const token = tokens.get(place) ?? null;
    if (token !== null) this.remembered.set(place, token);
    return token;
  }
}

/** What the owner is decided by changes with the owner's version alone. */
function isAsRemembered(known: TokenCredential, now: TokenVersions | undefined): boolean {
  return now?.version === known.version && now.ownerVersion === (known.ownerNow?.version ?? null);
}

/** Compares with both slots always, and with as many bytes when there is nothing to compare with. */
function matching(token: RepositoryToken | null, sha256: Buffer): TokenPassword | null {
  let match: TokenPassword | null = null;
  for (const slot of [1, 2]) {
    const password = token?.passwords.find((candidate) => candidate.slot === slot) ?? null;
    if (secretsEqual(sha256, password?.sha256 ?? noPassword) && password !== null) match = password;
  }
  return match;
}

/** In whole seconds, as tokens count: what ends within this second could only get a token that has ended. */
function isPast(endMs: number | null, nowMs: number): boolean {
  return endMs !== null && secondsOf(endMs) <= secondsOf(nowMs);
}
