import {
  definitionChanged,
  definitionKey,
  type AccountDefinition,
  type RoleAssignmentDefinition,
} from '@berth/contracts';
import type { Caller } from '@berth/http';
import { Outbox } from '@berth/messaging';
import type { Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { DefinitionChanges } from './definition-changes.js';
import { GrantSource } from './grant-source.js';
import { Report } from './report.js';
import { RoleAssignmentStore } from './role-assignment.js';

/** Whom a platform operator makes Owner. */
export interface Appointment {
  /** `user:<id>`. */
  readonly owner: string;
  readonly by: { readonly caller: Caller; readonly action: string };
}

/** The Owners whom platform operators give an account. */
@Injectable()
export class AccountOwners {
  constructor(
    private readonly grants: GrantSource,
    private readonly assignments: RoleAssignmentStore,
    private readonly changes: DefinitionChanges,
    private readonly outbox: Outbox,
    private readonly report: Report,
  ) {}

  /** Row, audit entry and published definition. Who is Owner already, stays so, and nobody is told. */
  async appoint(tx: Transaction, { id: account, name }: AccountDefinition, { owner, by }: Appointment): Promise<void> {
    await this.grants.lock(tx, account);
    const content = { principal: owner, role: 'Owner', scope: { kind: 'account' } } as const;
    if ((await this.assignments.same(tx, account, content)) !== null) return;
    const stamp = await this.changes.stamp(tx, account);
    const assignment: RoleAssignmentDefinition = { kind: 'role-assignment', ...stamp, ...content };
    await this.assignments.insert(tx, assignment);
    const resource = definitionKey(assignment);
    const told = { ...by, registryId: null, resource, resourceName: name, asked: `owner=${owner}`, decidedBy: null };
    await this.report.changed(tx, 'created', told);
    await this.outbox.publish(tx, definitionChanged, assignment);
  }
}
