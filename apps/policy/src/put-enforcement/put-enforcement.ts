import type { EnforcementDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DecisionRules } from '../decision-rules.js';
import { DefinitionChanges } from '../definition-changes.js';
import { regionOf, type RegionAnswer } from '../enforcement-answer.js';
import { EnforcementStore } from '../enforcement.js';
import { wholeAccount } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';

/** Which region, and how enforcement is to be there. */
export interface PutEnforcementRequest {
  readonly region: string;
  readonly enforced: boolean;
}

/** Switches the enforcement of access policies on in a region. Nothing switches it off. */
@Injectable()
export class PutEnforcement {
  constructor(
    private readonly access: RegistryAccess,
    private readonly enforcements: EnforcementStore,
    private readonly changes: DefinitionChanges,
    private readonly rules: DecisionRules,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'denied' (with an entry in the audit log), 'conflict' `enforcement-stays-on` for what is on,
   *   'unavailable' without Postgres
   */
  async execute(caller: Caller, { region, enforced }: PutEnforcementRequest): Promise<RegionAnswer> {
    const at = [{ ...wholeAccount, region }];
    const first = await this.access.authorizeAt(caller, { action: 'enforcement/write', at, resourceName: region });
    return this.db.transaction(async (tx) => {
      const by = await this.access.again(tx, first);
      const before = await this.enforcements.lock(tx, caller.account, region);
      const now = regionOf(region, before, this.rules);
      if (!enforced && now.enforced) throw staysOn(region);
      if (before === null || before.isEnforced === enforced) return now;
      const stamp = await this.changes.stamp(tx, before.account, before.id);
      const next: EnforcementDefinition = { ...before, ...stamp, isEnforced: true };
      await this.enforcements.update(tx, next);
      await this.changes.tell(tx, by, { event: 'updated', state: next });
      return regionOf(region, next, this.rules);
    });
  }
}

function staysOn(region: string): AppError {
  const message = `access policies are enforced in ${region}, and stay so: enforcement can't be switched off`;
  return new AppError({ kind: 'conflict', code: 'enforcement-stays-on', message });
}
