import { parseAction, parseRepositoryPattern, type Action } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { decide, unknownRegistryId, type DecisionRequest } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { AskedPrincipals } from './asked-principals.js';
import type { DecisionRequestBody } from './decision-request.js';
import { DecisionWorld } from './decision-world.js';
import type { Where } from './holder.js';
import type { PrincipalRefusal } from './principals.js';
import { RegistryAccess } from './registry-access.js';
import { RegistryStore } from './registry.js';

/** One question, ready to be decided. */
export interface DecisionQuestion {
  readonly request: DecisionRequest;
  /** Why the principal can't act at all now; null = it can. */
  readonly refusal: PrincipalRefusal | null;
}

/** Questions with the definitions that they are decided from. */
export interface DecisionQuestions {
  readonly view: DefinitionsView;
  readonly questions: readonly DecisionQuestion[];
}

type Body = Omit<DecisionRequestBody, 'principal'>;

/** Reads questions about decisions: who and what they name in the caller's account, and whether the caller may ask. */
@Injectable()
export class DecisionQuestionReader {
  constructor(
    private readonly db: Database,
    private readonly registries: RegistryStore,
    private readonly access: RegistryAccess,
    private readonly principals: AskedPrincipals,
    private readonly world: DecisionWorld,
  ) {}

  /**
   * @param bodies 1..1000
   * @throws AppError 'malformed' `unknown-action` naming the first, 'denied' (with an entry in the audit log) who asks about
   *   others without `decisions/readAny` where the questions are, 'not-found' for a principal that the account doesn't have, or
   *   for a registry that it doesn't have where that is the caller's to know; 'unavailable' without Postgres or identity
   */
  async read(caller: Caller, bodies: readonly DecisionRequestBody[]): Promise<DecisionQuestions> {
    const places = await this.placesOf(caller, bodies);
    const aboutOthers = places.filter(({ body }) => (body.principal ?? caller.ref) !== caller.ref);
    if (aboutOthers.length > 0) await this.requireMayAsk(caller, aboutOthers);
    const known = await this.principals.find(
      caller,
      bodies.map(({ principal = caller.ref }) => principal),
    );
    const principals = [...known.values()].map(({ principal }) => principal);
    const registryIds = [...new Set(places.flatMap(({ where }) => where.registryId ?? []))];
    const view = await this.world.about({ account: caller.account, principals, registryIds });
    const atMs = this.world.nowMs();
    const questions = places.flatMap(({ body, action, where }) => {
      const asked = known.get(body.principal ?? caller.ref);
      if (asked === undefined) return [];
      const { principal, refusal } = asked;
      const request = { principal, action, account: caller.account, ...where, context: factsOf(body, atMs) };
      // Who may not do it in all of the account is told the same of every registry in which they hold nothing.
      if (isNowhere(where) && decide(view, request).effect === 'allow') throw noRegistryOfThatName(body);
      return [{ request, refusal }];
    });
    return { view, questions };
  }

  /** What questions without a principal are about; registries that are not there included. @throws AppError 'malformed' */
  async placesOf<Asked extends Body>(caller: Caller, bodies: readonly Asked[]): Promise<AskedPlace<Asked>[]> {
    const actions = bodies.map(({ action }) => actionOf(action));
    const names = [...new Set(bodies.flatMap(({ registry }) => registry ?? []))];
    const found = names.length === 0 ? [] : await this.registries.findAll(this.db, caller.account, names);
    const registries = new Map(found.map((registry) => [registry.name, registry]));
    return bodies.map((body, at) => {
      const action = actions[at];
      if (action === undefined) throw new AppError({ kind: 'bug', message: 'a question without an action' });
      return { body, action, where: whereOf(body, registries) };
    });
  }

  /** @throws AppError 'denied' (with an entry in the audit log), 'not-found' (registry) for who may ask in all of the account */
  async requireMayAsk(caller: Caller, places: readonly AskedPlace<Body>[]): Promise<void> {
    const at = places.map(({ where }) => where);
    await this.access.authorizeAt(caller, { action: 'decisions/readAny', at, resourceName: 'decisions' });
    const unknown = places.find(({ where }) => isNowhere(where));
    if (unknown !== undefined) throw noRegistryOfThatName(unknown.body);
  }
}

/** A question with what it names. */
export interface AskedPlace<Asked extends Body> {
  readonly body: Asked;
  readonly action: Action;
  readonly where: Where;
}

/** The facts of the use that is asked about; its time is now. */
export function factsOf({ address, tags, movesTag }: Pick<Body, 'address' | 'tags' | 'movesTag'>, atMs: number) {
  return {
    atMs,
    ...(address === undefined ? {} : { address }),
    ...(tags === undefined ? {} : { tags }),
    ...(movesTag === undefined ? {} : { movesTag }),
  };
}

function whereOf(body: Body, registries: ReadonlyMap<string, RegistryDefinition>): Where {
  const { registry: name, namespace = null, repository, region = null, resourceGroup = null } = body;
  if (name === undefined) return { registryId: null, repository: null, region, resourceGroup };
  const registryId = registries.get(name)?.id ?? unknownRegistryId;
  const pattern = repository === undefined ? null : parseRepositoryPattern(repository);
  return { registryId, repository: pattern, namespace };
}

function isNowhere({ registryId }: Where): boolean {
  return registryId === unknownRegistryId;
}

function actionOf(spelling: string): Action {
  const action = parseAction(spelling);
  if (action !== null) return action;
  const message = `there is no action ${JSON.stringify(spelling)}; GET /api/v1/role-definitions/operations lists them`;
  throw new AppError({ kind: 'malformed', code: 'unknown-action', message, detail: { action: spelling } });
}

/** Whether it never was, or is another account's. */
function noRegistryOfThatName({ registry = '' }: Pick<Body, 'registry'>): AppError {
  const message = `there is no registry ${JSON.stringify(registry.slice(0, 100))}`;
  return new AppError({ kind: 'not-found', code: 'unknown-registry', message, detail: { registry } });
}
