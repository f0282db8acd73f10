import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountStore } from '../account.js';
import { RegistryStore } from '../registry.js';
import { RoleAssignmentStore } from '../role-assignment.js';
import { FirstDefinitions } from './first-definitions.js';

/**
 * Puts in what every installation starts with: account `default`, registry `local`, and user `admin` as Owner of the account.
 * Their ids are fixed, so any number of processes may do this at once and at each start: it is done once.
 */
@Injectable()
export class BootstrapInstallation {
  constructor(
    private readonly db: Database,
    private readonly accounts: AccountStore,
    private readonly registries: RegistryStore,
    private readonly assignments: RoleAssignmentStore,
    private readonly first: FirstDefinitions,
  ) {}

  /** Nest's hook, before the service listens. @throws AppError 'unavailable' when Postgres doesn't answer */
  async onModuleInit(): Promise<void> {
    await this.execute();
  }

  /** @throws AppError 'unavailable' when Postgres doesn't answer */
  async execute(): Promise<void> {
    await this.db.transaction(async (tx) => {
      const { account, registry, assignment } = await this.first.make(tx);
      // With the account came the rest; what was deleted since does not come back.
      if (!(await this.accounts.insert(tx, account))) return;
      await this.registries.insert(tx, registry);
      await this.assignments.insert(tx, assignment);
      await this.first.publish(tx, [account, registry, assignment]);
    });
  }
}
