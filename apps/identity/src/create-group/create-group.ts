import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { AccountAccess } from '../account-access.js';
import type { Group } from '../group.js';
import { GroupChanges } from '../group-changes.js';
import { nameTaken } from '../principal-address.js';

/** Creates a group, which nobody is in and which is given nothing yet. */
@Injectable()
export class CreateGroup {
  constructor(
    private readonly access: AccountAccess,
    private readonly changes: GroupChanges,
    private readonly db: Database,
  ) {}

  /** @throws AppError 'denied', 'conflict' when the name is taken, 'unavailable' without Postgres */
  async execute(caller: Caller, name: string): Promise<Group> {
    const by = await this.access.authorize(caller, { action: 'groups/write', resourceName: name });
    const group = await this.db.transaction((tx) => this.changes.create(tx, by, { name, issuer: null }));
    if (group === null) throw nameTaken(name);
    return group;
  }
}
