import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { targetOf, unknownRegistryId, whatCan, type EffectivePermission } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { AskedPrincipals } from '../asked-principals.js';
import { DecisionWorld } from '../decision-world.js';
import { decideAt, holdsAnywhere, wholeAccount, type Holder, type Where } from '../holder.js';
import { RegistryAccess } from '../registry-access.js';
import { noSuchRegistry, RegistryStore } from '../registry.js';
import { answerOf, orderOf, type PermissionAnswer } from './permission-answer.js';

const readAny = 'decisions/readAny';

/** Which page of what whom may do where. */
export interface ListPermissionsRequest {
  /** `<kind>:<id>`; undefined = the caller. */
  readonly principal: string | undefined;
  /** The registry's name; undefined = in all of the account. */
  readonly registry: string | undefined;
  /** The last order of the page before; null = the first page. */
  readonly after: string | null;
  /** 1..1000. */
  readonly limit: number;
}

/** A permission with what it is ordered by. */
export interface OrderedPermission {
  readonly order: string;
  readonly permission: PermissionAnswer;
}

/** Lists all that a principal may do, one for each thing that grants it. What no entry says is denied. */
@Injectable()
export class ListPermissions {
  constructor(
    private readonly access: RegistryAccess,
    private readonly registries: RegistryStore,
    private readonly principals: AskedPrincipals,
    private readonly world: DecisionWorld,
    private readonly db: Database,
  ) {}

  /**
   * @returns at most `limit + 1`, ascending by their order; of another principal only what lies where the caller holds
   *   `decisions/readAny`
   * @throws AppError 'denied' (with an entry in the audit log) who asks about another and holds that nowhere, 'not-found'
   *   (principal, or a registry where that is the caller's to know), 'unavailable' without Postgres or identity
   */
  async execute(caller: Caller, request: ListPermissionsRequest): Promise<OrderedPermission[]> {
    const { account } = caller;
    const { principal: ref = caller.ref, after, limit } = request;
    const reader = ref === caller.ref ? null : await this.requireReader(caller);
    const registryId = request.registry === undefined ? null : await this.registryId(caller, reader, request.registry);
    const known = (await this.principals.find(caller, [ref])).get(ref);
    // Nobody who is disabled can do anything.
    if (known?.refusal !== null) return [];
    const { principal } = known;
    const view = await this.world.about({ account, principals: [principal], registryIds: null });
    return whatCan(view, principal, { account, registryId, atMs: this.world.nowMs() })
      .filter((each) => reader === null || mayRead(reader, each))
      .map((each) => ({ order: orderOf(each), each }))
      .filter(({ order }) => after === null || order > after)
      .sort((one, other) => (one.order < other.order ? -1 : 1))
      .slice(0, limit + 1)
      .map(({ order, each }) => ({ order, permission: answerOf(each, view) }));
  }

  /** Who may not look at all of the account's registries is answered as about one in which nobody holds anything. */
  private async registryId(caller: Caller, reader: Holder | null, name: string): Promise<string> {
    const registry = await this.registries.find(this.db, caller.account, name);
    if (registry !== null) return registry.id;
    const holder = reader ?? (await this.access.holderOf(caller));
    const nowhere = { registryId: unknownRegistryId, repository: null };
    const mayKnow = decideAt(holder, reader === null ? 'registries/read' : readAny, nowhere);
    if (mayKnow.effect === 'allow') throw noSuchRegistry();
    return unknownRegistryId;
  }

  /** Who asks about another, and may somewhere at least. */
  private async requireReader(caller: Caller): Promise<Holder> {
    const reader = await this.access.holderOf(caller);
    if (holdsAnywhere(reader, readAny)) return reader;
    await this.access.requireAt(reader, { action: readAny, at: [wholeAccount], resourceName: 'decisions' });
    return reader;
  }
}

function mayRead(reader: Holder, { where }: EffectivePermission): boolean {
  return decideAt(reader, readAny, placeOf(where)).effect === 'allow';
}

function placeOf(where: EffectivePermission['where']): Where {
  if (where.kind !== 'service') return targetOf(where);
  const { region, resourceGroup } = where;
  return { registryId: null, repository: null, region, resourceGroup };
}
