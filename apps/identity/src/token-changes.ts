import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { CLOCK, type Clock } from '@berth/foundation';
import { raiseMinima } from './raise-minima.js';
import { factsOf, type Authorized } from './registry-access.js';
import { Report } from './report.js';
import {
  TOKEN_STORE,
  type RepositoryToken,
  type SlotNumber,
  type TokenPassword,
  type TokenStore,
} from './repository-token.js';

/** What people decide about a token, its passwords apart. */
export type TokenWish = Pick<RepositoryToken, 'scopeMapId' | 'status' | 'expiresAtMs' | 'labels' | 'owner'>;

/** What is decided about a new token. */
export type NewToken = TokenWish & Pick<RepositoryToken, 'isPersonal'>;

/**
 * Every change of a token, and what it means for the access tokens that are out. Each is one step of a transaction: a new
 * version, the row, its entry in the audit log, and a minimum where the change takes something away; then every access
 * token with a lower version of that subject is refused.
 *
 * | Change | subject whose minimum rises |
 * |---|---|
 * | created, enabled, given a later end, relabelled; password 1 or 2 generated for the first time | none |
 * | disabled, pointed to another scope map, given an earlier end, deleted | `token:<id>` |
 * | given another owner: whoever knows its passwords or has its certificates loses them | `token:<id>` and those of each |
 * | password generated anew or deleted | `slot:<id>/<slot>`; the other password's tokens go on |
 *
 * The minimum comes last in each, because publishing holds a lock until the commit.
 *
 * @source architecture "Versions, minima, incarnations"
 */
@Injectable()
export class TokenChanges {
  constructor(
    private readonly outbox: Outbox,
    @Inject(TOKEN_STORE) private readonly tokens: TokenStore,
    private readonly report: Report,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** @returns null when the name was taken meanwhile; nothing is stored then */
  async create(tx: Transaction, by: Authorized, wish: NewToken): Promise<RepositoryToken | null> {
    const now = this.clock();
    const token: RepositoryToken = {
      id: uuidv7(),
      account: by.registry.account,
      registryId: by.registry.id,
      name: by.resourceName,
      ...wish,
      version: await this.outbox.nextVersion(tx),
      createdAtMs: now,
      changedAtMs: now,
      passwords: [],
    };
    if (!(await this.tokens.insert(tx, token))) return null;
    await this.tell(tx, by, { event: 'created', token });
    return token;
  }

  /** A wish that the token fulfils already changes nothing. */
  async update(
    tx: Transaction,
    by: Authorized,
    { before, wish }: { before: RepositoryToken; wish: TokenWish },
  ): Promise<RepositoryToken> {
    const changed = changedParts(before, wish);
    if (changed.length === 0) return before;
    const token = await this.nextState(tx, { ...before, ...wish });
    await this.tokens.update(tx, token);
    const lost = before.owner === wish.owner ? [] : await this.deleteCredentials(tx, before);
    await this.tell(tx, by, { event: 'updated', token, asked: changed.join(', ') });
    if (takesAway(before, token)) await this.raise(tx, token, `token:${token.id}`, ...lost);
    return before.owner === wish.owner ? token : { ...token, passwords: [] };
  }

  async delete(tx: Transaction, by: Authorized, before: RepositoryToken): Promise<void> {
    const token = await this.nextState(tx, before);
    await this.tokens.delete(tx, token);
    await this.tell(tx, by, { event: 'deleted', token });
    await this.raise(tx, token, `token:${token.id}`);
  }

  /** The slot's version is the token's new one. */
  async setPassword(
    tx: Transaction,
    by: Authorized,
    { before, password }: { before: RepositoryToken; password: Pick<TokenPassword, 'slot' | 'sha256' | 'expiresAtMs'> },
  ): Promise<RepositoryToken> {
    const token = await this.nextState(tx, before);
    const kept: TokenPassword = { ...password, version: token.version, createdAtMs: token.changedAtMs };
    await this.tokens.update(tx, token);
    await this.tokens.putPassword(tx, token, kept);
    await this.tell(tx, by, { event: 'updated', token, asked: `password ${password.slot} generated` });
    const isAnew = before.passwords.some(({ slot }) => slot === password.slot);
    if (isAnew) await this.raise(tx, token, `slot:${token.id}/${password.slot}`);
    const others = before.passwords.filter(({ slot }) => slot !== password.slot);
    return { ...token, passwords: [...others, kept].sort((a, b) => a.slot - b.slot) };
  }

  async removePassword(
    tx: Transaction,
    by: Authorized,
    { before, slot }: { before: RepositoryToken; slot: SlotNumber },
  ): Promise<void> {
    const token = await this.nextState(tx, before);
    await this.tokens.update(tx, token);
    await this.tokens.deletePassword(tx, token, slot);
    await this.tell(tx, by, { event: 'updated', token, asked: `password ${slot} deleted` });
    await this.raise(tx, token, `slot:${token.id}/${slot}`);
  }

  /** @returns the subjects that stood for them */
  private async deleteCredentials(tx: Transaction, token: RepositoryToken): Promise<readonly string[]> {
    const certificates = await this.tokens.deleteCredentials(tx, token);
    return [
      ...token.passwords.map(({ slot }) => `slot:${token.id}/${slot}`),
      ...certificates.map((slot) => `certificate:${token.id}/${slot}`),
    ];
  }

  private async nextState(tx: Transaction, token: RepositoryToken): Promise<RepositoryToken> {
    return { ...token, version: await this.outbox.nextVersion(tx), changedAtMs: this.clock() };
  }

  private async tell(
    tx: Transaction,
    by: Authorized,
    what: { event: 'created' | 'updated' | 'deleted'; token: RepositoryToken; asked?: string },
  ): Promise<void> {
    const { event, token, asked } = what;
    await this.report.changed(tx, event, {
      ...factsOf(by),
      decidedBy: by.decidedBy,
      resource: `token:${token.id}`,
      ...(asked === undefined ? {} : { asked }),
    });
  }

  private async raise(
    tx: Transaction,
    { account, version }: RepositoryToken,
    ...subjects: readonly string[]
  ): Promise<void> {
    await raiseMinima(this.outbox, tx, { subjects, account, version, atMs: this.clock() });
  }
}

/** Whether a token may do less, or for a shorter time, than before. */
export function takesAway(before: TokenWish, after: TokenWish): boolean {
  const isDisabled = before.status === 'enabled' && after.status === 'disabled';
  const isOther = before.scopeMapId !== after.scopeMapId || before.owner !== after.owner;
  return isDisabled || isOther || endOf(after) < endOf(before);
}

/** Whether a token may do more, or for a longer time: whoever wants that must hold what it gives. */
export function givesMore(before: RepositoryToken, wish: TokenWish): boolean {
  const isEnabled = before.status === 'disabled' && wish.status === 'enabled';
  const isOther = before.scopeMapId !== wish.scopeMapId || before.owner !== wish.owner;
  return isEnabled || isOther || endOf(wish) > endOf(before);
}

function endOf({ expiresAtMs }: Pick<TokenWish, 'expiresAtMs'>): number {
  return expiresAtMs ?? Number.POSITIVE_INFINITY;
}

function changedParts(before: RepositoryToken, wish: TokenWish): string[] {
  const parts: string[] = [];
  if (before.scopeMapId !== wish.scopeMapId) parts.push('scopeMap');
  if (before.owner !== wish.owner) parts.push('objectId');
  if (before.status !== wish.status) parts.push(wish.status);
  if (before.expiresAtMs !== wish.expiresAtMs) parts.push('expiresAt');
  if (!sameLabels(before.labels, wish.labels)) parts.push('labels');
  return parts;
}

function sameLabels(a: TokenWish['labels'], b: TokenWish['labels']): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}
