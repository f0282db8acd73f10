import { decodeCursor, encodeCursor, type Caller } from '@berth/http';
import { parsePrincipalRef, systemScopeMap, whoCan, type WhoCanItem, type WhoCanPage } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import type { AccountDirectory } from '../account-directory.js';
import { AccountReadings } from '../account-readings.js';
import { referenceTo } from '../decision-answer.js';
import { DecisionQuestionReader, factsOf } from '../decision-questions.js';
import type { HoldersRequestBody } from '../decision-request.js';
import { DecisionWorld } from '../decision-world.js';
import { Principals } from '../principals.js';
import type { HolderAnswer, HoldersAnswer } from './holders-answer.js';
import { ListTokens, type AskedOfEverybody } from './list-tokens.js';

/** Lists who may do one thing, with the path by which they can; or the tokens and fleets of one scope map that may. */
@Injectable()
export class ListHolders {
  constructor(
    private readonly reader: DecisionQuestionReader,
    private readonly world: DecisionWorld,
    private readonly principals: Principals,
    private readonly tokens: ListTokens,
    private readonly readings: AccountReadings,
  ) {}

  /**
   * @returns a page may hold fewer than `limit`: who is gone, and system scope maps that nobody has, are left out
   * @throws AppError 'malformed' (action, cursor), 'not-found' (registry, scope map), 'denied' (with an entry in the audit
   *   log) without `decisions/readAny` there, 'rate-limited' as {@link AccountReadings}, 'unavailable' without Postgres or
   *   identity
   */
  async execute(caller: Caller, body: HoldersRequestBody): Promise<HoldersAnswer> {
    const [place] = await this.reader.placesOf(caller, [body]);
    if (place === undefined) return { items: [], next: null, prohibitedBy: null };
    const { action, where } = place;
    await this.reader.requireMayAsk(caller, [place]);
    const { account } = caller;
    const request = { action, account, ...where, context: factsOf(body, this.world.nowMs()) };
    const page = { limit: body.limit, after: body.after === undefined ? null : decodeCursor(body.after) };
    if (body.scopeMap !== undefined) return this.tokens.of(body.scopeMap, request, page);
    const found = await this.readings.run(account, () => this.holdersIn(request, page));
    return this.answerOf(found, account);
  }

  /** The first answer names the groups whose members must be known; the second has them all. */
  private async holdersIn(
    request: AskedOfEverybody,
    page: { readonly limit: number; readonly after: string | null },
  ): Promise<WhoCanPage> {
    const view = await this.world.wholeNow(request.account, request.registryId);
    const { account } = request;
    if (isUnenforced(view, request)) view.setImportedUsers(await this.principals.importedUsersOf(account));
    const first = whoCan(view, request, page);
    if (view.askedGroups.size === 0) return first;
    for (const group of [...view.askedGroups]) {
      view.setMembers(group, await this.principals.membersOf(account, group));
    }
    return whoCan(view, request, page);
  }

  private async answerOf({ items, next, prohibitedBy }: WhoCanPage, account: string): Promise<HoldersAnswer> {
    const refs = items.flatMap(({ holder }) => (isPerson(holder) ? [parsePrincipalRef(holder)] : []));
    const known = await this.principals.find(account, refs);
    const unused = await this.unusedOf(items, account);
    const named = items.flatMap((item): HolderAnswer[] => {
      if (unused.has(item.holder)) return [];
      if (!isPerson(item.holder)) return [{ ...pathOf(item), name: item.name, enabled: true }];
      const principal = known.get(item.holder);
      // Somebody who was given something and is gone since.
      if (principal === undefined) return [];
      return [{ ...pathOf(item), name: principal.name, enabled: principal.refusal === null }];
    });
    return {
      items: named,
      next: next === null ? null : encodeCursor(next),
      prohibitedBy: prohibitedBy === null ? null : referenceTo(prohibitedBy),
    };
  }

  /** Every registry has the system's scope maps, whether anybody uses them or not: who could is nobody then. */
  private async unusedOf(items: readonly WhoCanItem[], account: string): Promise<ReadonlySet<string>> {
    const system = items.flatMap(({ holder, by: { id } }) =>
      systemScopeMap(id, account) === null ? [] : [{ holder, id }],
    );
    const unused = system.map(async ({ holder, id }) => {
      const { items: holders } = await this.principals.holdersOf(account, id, { after: null, limit: 1 });
      return holders.length === 0 ? [holder] : [];
    });
    return new Set((await Promise.all(unused)).flat());
  }
}

/** Whether somebody may hold something by the account's past alone. */
function isUnenforced(view: AccountDirectory, { account, context }: AskedOfEverybody): boolean {
  if ((context?.atMs ?? 0) >= view.enforcementMandatoryFromMs()) return false;
  return view.enforcementsOf(account).some(({ isEnforced }) => !isEnforced);
}

function pathOf({ holder, by, name, via }: WhoCanItem) {
  return { holder, by: referenceTo(by), grant: name, via };
}

function isPerson(holder: string): boolean {
  return !holder.startsWith('scope-map:') && !holder.startsWith('anonymous:');
}
