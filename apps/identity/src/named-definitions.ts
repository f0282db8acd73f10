import type { AccountDefinition, RegistryDefinition } from '@berth/contracts';
import { isAppError } from '@berth/errors';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from './definitions-copy.js';
import { POLICY_CLIENT, type PolicyClient } from './policy-client.js';

/**
 * What a management request names, by the newest definitions that the schema holds. What they don't have is asked of policy,
 * which may have written it a moment ago; when policy doesn't answer, the copy has to do. Never used for an issue.
 */
@Injectable()
export class NamedDefinitions {
  constructor(
    private readonly definitions: DefinitionsCopy,
    @Inject(POLICY_CLIENT) private readonly policy: PolicyClient,
  ) {}

  /** The registry of a name, of whatever account; null = there is none. @throws AppError 'unavailable' without Postgres */
  async registry(name: string): Promise<RegistryDefinition | null> {
    return this.find('registry', name, () => this.definitions.view.registryByName(name));
  }

  /** The account of an id; null = there is none, or it is being deleted. @throws AppError 'unavailable' without Postgres */
  async account(id: string): Promise<AccountDefinition | null> {
    const account = await this.find('account', id, () => this.definitions.view.account(id));
    return this.definitions.isEndingAccount(id) ? null : account;
  }

  private async find<Found>(
    kind: 'account' | 'registry',
    name: string,
    known: () => Found | null,
  ): Promise<Found | null> {
    await this.definitions.refresh();
    const found = known();
    if (found !== null) return found;
    try {
      const answer = await this.policy.definition(kind, name);
      if (answer === null) return null;
      await this.definitions.learn(answer);
    } catch (e) {
      if (!isAppError(e) || e.kind !== 'unavailable') throw e;
    }
    return known();
  }
}
