import { PolicyFollowing } from '@berth/definitions';
import { Inject, Injectable } from '@nestjs/common';
import { POLICY_CLIENT, type PolicyClient } from '../policy-client.js';
import type { EndingAccount } from './account-remains-report.js';

/** The accounts that somebody deletes or has deleted, as the copy of the definitions says, and what policy says of them now. */
@Injectable()
export class EndingAccounts {
  constructor(
    private readonly definitions: PolicyFollowing,
    @Inject(POLICY_CLIENT) private readonly policy: PolicyClient,
  ) {}

  /** Those that are being deleted, and those that are gone as long as the copy remembers them. */
  all(): { begun: EndingAccount[]; ended: EndingAccount[] } {
    const [begun, ended]: [EndingAccount[], EndingAccount[]] = [[], []];
    for (const definition of this.definitions.definitions.values()) {
      const { kind, id, status, version } = definition;
      if (kind === 'account' && status === 'deleted') ended.push({ id, decidedBy: { kind, id, version } });
      if (kind !== 'prohibition' || status === 'deleted' || definition.cause !== 'deleting') continue;
      if (definition.scope.kind === 'account') begun.push({ id: definition.account, decidedBy: { kind, id, version } });
    }
    return { begun, ended };
  }

  /**
   * Whether policy deletes it: a copy may be older than a deletion that never was, after policy's schema was restored, say.
   *
   * @throws AppError 'unavailable' when policy doesn't answer
   */
  async isUnderWay({ decidedBy: { id } }: EndingAccount): Promise<boolean> {
    const found = await this.policy.definition('prohibition', id);
    return found?.kind === 'prohibition' && found.status === 'active' && found.cause === 'deleting';
  }

  /** Nobody is left in it. @throws AppError 'unavailable' when policy doesn't answer */
  tellEmptied({ id }: EndingAccount): Promise<void> {
    return this.policy.tellAccountEmptied(id);
  }
}
