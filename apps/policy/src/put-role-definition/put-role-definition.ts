import type { RoleDefinitionDefinition } from '@berth/contracts';
import { scopeOf } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { builtInRoles, targetOf } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import type { Holder } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';
import { RoleDefinitionChanges } from '../role-definition-changes.js';
import {
  builtIn,
  patchedRole,
  readRole,
  type RoleDefinitionContent,
  type RoleJson,
} from '../role-definition-content.js';
import { noSuchRole, RoleDefinitionStore } from '../role-definition.js';

/** Which custom role, by its id or name, and what it is to be. */
export interface PutRoleDefinitionRequest {
  readonly role: string;
  readonly json: RoleJson;
  /** `part`: what `json` leaves out stays. Only a whole role can be created by its name. */
  readonly replaces: 'all' | 'part';
}

/** A role as it is now, and by whom it was read. */
export interface WrittenRole {
  readonly role: RoleDefinitionDefinition;
  readonly isNew: boolean;
  readonly holder: Holder;
}

const action = 'roleDefinitions/write';
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-/;

/** Gives a custom role its content; existing assignments of it give what it says from then on. */
@Injectable()
export class PutRoleDefinition {
  constructor(
    private readonly access: RegistryAccess,
    private readonly roles: RoleDefinitionStore,
    private readonly changes: RoleDefinitionChanges,
    private readonly db: Database,
  ) {}

  /**
   * @throws AppError 'malformed' naming the action or scope that can't be, 'not-found', 'denied' unless the caller may
   *   write roles at every scope where it was and will be assignable, 'conflict' for a built-in role or a name that is
   *   taken, 'unavailable' without Postgres
   */
  async execute(caller: Caller, request: PutRoleDefinitionRequest): Promise<WrittenRole> {
    if (builtInRoles.has(request.role)) throw builtIn(request.role);
    const known = await this.access.holderOf(caller);
    await this.access.requireSomewhere(known, { action, resourceName: request.role.slice(0, 300) });
    return this.db.transaction(async (tx) => {
      const holder = await this.access.holderAgain(tx, known);
      const before = await this.roles.find(tx, caller.account, request.role);
      return { ...(await this.write(tx, holder, { before, ...request })), holder };
    });
  }

  private async write(
    tx: Transaction,
    holder: Holder,
    { before, role, json, replaces }: PutRoleDefinitionRequest & { readonly before: RoleDefinitionDefinition | null },
  ): Promise<Omit<WrittenRole, 'holder'>> {
    if (before === null && (replaces === 'part' || uuid.test(role))) throw noSuchRole();
    const whole = before === null || replaces === 'all' ? json : patchedRole(holder, before, json);
    const next = readRole(holder, whole);
    if (before === null && next.name !== role) throw otherName(role, next);
    const scopes = [...(before?.assignableScopes ?? []), ...next.assignableScopes];
    const by = await this.access.requireAt(holder, {
      action,
      at: scopes.map((scope) => targetOf(scopeOf(scope))),
      resourceName: before?.name ?? next.name,
    });
    if (before === null) return { role: await this.changes.create(tx, by, next), isNew: true };
    return { role: await this.changes.update(tx, by, { before, next }), isNew: false };
  }
}

function otherName(role: string, { name }: RoleDefinitionContent): AppError {
  const message = `the role at this address is ${JSON.stringify(role.slice(0, 200))}, but Name says ${JSON.stringify(name)}`;
  return new AppError({ kind: 'malformed', code: 'invalid_role', message });
}
