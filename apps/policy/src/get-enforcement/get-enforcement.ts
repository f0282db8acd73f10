import type { Caller } from '@berth/http';
import { Injectable } from '@nestjs/common';
import { DecisionRules } from '../decision-rules.js';
import { regionOf, type RegionAnswer } from '../enforcement-answer.js';
import { decideAt, holdsAnywhere, wholeAccount } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';

const action = 'network/read';

/** In which regions of the caller's account access policies are enforced, as far as the caller may see. */
@Injectable()
export class GetEnforcement {
  constructor(
    private readonly access: RegistryAccess,
    private readonly rules: DecisionRules,
  ) {}

  /**
   * @throws AppError 'denied' (with an entry in the audit log) when the caller may see it nowhere, 'unavailable' without
   *   Postgres
   */
  async execute(caller: Caller): Promise<{ mandatoryFrom: string; regions: RegionAnswer[] }> {
    const holder = await this.access.holderOf(caller);
    if (!holdsAnywhere(holder, action)) {
      await this.access.requireAt(holder, { action, at: [wholeAccount], resourceName: 'enforcement' });
    }
    const regions = holder.grants
      .enforcementsOf(caller.account)
      .filter(({ region }) => decideAt(holder, action, { ...wholeAccount, region }).effect === 'allow')
      .map((recorded) => regionOf(recorded.region, recorded, this.rules))
      .sort((one, other) => (one.region < other.region ? -1 : 1));
    return { mandatoryFrom: new Date(this.rules.enforcementMandatoryFromMs).toISOString(), regions };
  }
}
