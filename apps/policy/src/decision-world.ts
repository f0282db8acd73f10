import type { Definition } from '@berth/contracts';
import { DefinitionsView } from '@berth/definitions';
import { Database, type Queryable } from '@berth/persistence';
import { parsePrincipalRef, type Principal, type PrincipalRef } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { AccountDirectory } from './account-directory.js';
import { DecisionRules } from './decision-rules.js';
import { DefinitionSource } from './definition-source.js';
import { GrantSource, namesResourceGroup } from './grant-source.js';

/** About whom, and about which registries (null = all of the account), decisions will be made. */
export interface WorldQuestion {
  readonly account: string;
  readonly principals: readonly Principal[];
  readonly registryIds: readonly string[] | null;
}

/** All that is granted in an account, with everybody to whom it is. */
export interface WholeWorld {
  readonly view: AccountDirectory;
  readonly holders: readonly PrincipalRef[];
}

/** Reads what decisions about others than the caller are made from, out of policy's own tables. */
@Injectable()
export class DecisionWorld {
  constructor(
    private readonly db: Database,
    private readonly grants: GrantSource,
    private readonly definitions: DefinitionSource,
    private readonly rules: DecisionRules,
  ) {}

  /** When it is, for decisions; epoch milliseconds. */
  nowMs(): number {
    return this.rules.nowMs();
  }

  /** In at most three statements. @throws AppError 'unavailable' without Postgres */
  async about({ account, principals, registryIds }: WorldQuestion): Promise<DefinitionsView> {
    const refs = new Set(principals.flatMap(refsOf));
    const ids = new Set(principals.flatMap(({ scopeMapId }) => scopeMapId ?? []).filter(isOwnId));
    const maps = ids.size === 0 ? [] : await this.definitions.scopeMaps(this.db, account, [...ids]);
    const held = await this.grants.heldBy(this.db, { account, principals: [...refs], registryIds });
    const isByGroup = namesResourceGroup(held);
    const namespaces = isByGroup ? await this.grants.namespacesOf(this.db, account, registryIds) : [];
    return filled(new DefinitionsView(this.rules), [...maps, ...held, ...namespaces]);
  }

  /** As {@link whole}, outside of any transaction. */
  async wholeNow(account: string, registryId: string | null): Promise<AccountDirectory> {
    return (await this.whole(this.db, account, registryId)).view;
  }

  /**
   * Everything that is granted in an account, and the scope maps of one of its registries (null = none).
   *
   * @throws AppError 'unavailable' without Postgres
   */
  async whole(db: Queryable, account: string, registryId: string | null = null): Promise<WholeWorld> {
    const refs = await this.definitions.holdersIn(db, account);
    const held = await this.grants.heldBy(db, { account, principals: refs, registryIds: null });
    const namespaces = await this.grants.namespacesOf(db, account, null);
    const maps = registryId === null ? [] : await this.definitions.scopeMapsIn(db, account, registryId);
    const holders = refs.map(parsePrincipalRef);
    const directory = new AccountDirectory(this.rules, { holders, scopeMapIds: maps.map(({ id }) => id) });
    return { view: filled(directory, [...held, ...namespaces, ...maps]), holders };
  }
}

function filled<View extends DefinitionsView>(view: View, definitions: readonly Definition[]): View {
  for (const definition of definitions) view.upsert(definition);
  return view;
}

function refsOf({ ref, groups, owner }: Principal): readonly string[] {
  return [ref, ...groups, ...(owner === undefined ? [] : [owner.ref, ...owner.groups])];
}

/** A system scope map is the engine's own; its id is no uuid. */
function isOwnId(scopeMapId: string): boolean {
  return !scopeMapId.includes('/');
}
