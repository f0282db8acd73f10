import {
  definitionChanged,
  definitionKey,
  type AccountDefinition,
  type Definition,
  type EnforcementDefinition,
} from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { AccountStore } from '../account.js';
import { DefinitionChanges } from '../definition-changes.js';
import { EnforcementStore } from '../enforcement.js';
import { Report } from '../report.js';

/** What an account begins with, and who makes it. */
export interface NewAccount {
  readonly name: string;
  /** Regions in which access policies are not enforced yet; each once, none for an account that is no legacy. */
  readonly legacyRegions: readonly string[];
  readonly by: { readonly caller: Caller; readonly action: string };
}

/** Makes accounts: rows, audit entry and published definitions. */
@Injectable()
export class NewAccounts {
  constructor(
    private readonly accounts: AccountStore,
    private readonly enforcements: EnforcementStore,
    private readonly changes: DefinitionChanges,
    private readonly outbox: Outbox,
    private readonly report: Report,
  ) {}

  /**
   * @returns null when the name is taken; nothing is stored then
   * @throws AppError 'conflict' `name-held-back` for the name of an account that was deleted
   */
  async make(tx: Transaction, { name, legacyRegions, by }: NewAccount): Promise<AccountDefinition | null> {
    const id = uuidv7();
    const account: AccountDefinition = { kind: 'account', ...(await this.changes.stamp(tx, id, id)), name };
    if (!(await this.accounts.insert(tx, account))) return null;
    // After the insert, which waits for a deletion that ends: that holds the name back in its own transaction.
    const heldUntil = await this.accounts.heldUntil(tx, name, new Date(account.changedAt));
    if (heldUntil !== null) throw heldBack(heldUntil);
    const definitions: Definition[] = [account];
    for (const region of legacyRegions) definitions.push(await this.leaveUnenforced(tx, id, region));
    const asked = legacyRegions.length === 0 ? {} : { asked: `legacy=${legacyRegions.join(' ')}`.slice(0, 2000) };
    const told = { ...by, registryId: null, resource: definitionKey(account), resourceName: name, ...asked };
    await this.report.changed(tx, 'created', { ...told, decidedBy: null });
    await this.outbox.publishAll(tx, definitionChanged, definitions);
    return account;
  }

  private async leaveUnenforced(tx: Transaction, account: string, region: string): Promise<EnforcementDefinition> {
    const stamp = await this.changes.stamp(tx, account);
    const enforcement: EnforcementDefinition = { kind: 'enforcement', ...stamp, region, isEnforced: false };
    await this.enforcements.insert(tx, enforcement);
    return enforcement;
  }
}

function heldBack(until: Date): AppError {
  const heldUntil = until.toISOString();
  return new AppError({
    kind: 'conflict',
    code: 'name-held-back',
    message: `an account of this name was deleted; the name is held back until ${heldUntil}`,
    detail: { heldUntil },
  });
}
