import { formatActionLine, type ActionLine } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { AppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import { Database, type Transaction } from '@berth/persistence';
import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { decideFor, type Holder } from '../holder.js';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { noSuchRegistry, RegistryStore } from '../registry.js';
import { ScopeMapChanges } from '../scope-map-changes.js';
import { parseActions, saysTheSame } from '../scope-map-content.js';
import { ScopeMapStore } from '../scope-map.js';

/** How many such maps of one person there are at most in an account, as anybody may have them made. */
const maxPerPerson = 1000;

/** What a person's own token is to give, and where. */
export interface PersonalScopeMapWish {
  /** The registry's name. */
  readonly registry: string;
  readonly actions: readonly string[];
}

/**
 * Makes the scope map of a person's own token. It gives nothing that the person doesn't hold, and later no more than they
 * hold then, so it needs no right to write scope maps. Its name follows from who asks and for what: nobody changes another
 * map by asking, and the same wish is the same map.
 */
@Injectable()
export class MakePersonalScopeMap {
  constructor(
    private readonly access: RegistryAccess,
    private readonly registries: RegistryStore,
    private readonly scopeMaps: ScopeMapStore,
    private readonly changes: ScopeMapChanges,
    private readonly db: Database,
  ) {}

  /**
   * @returns the name of the scope map
   * @throws AppError 'malformed' naming the line that can't be one, 'not-found' (registry), 'denied' naming a line that the
   *   caller doesn't hold (with an entry in the audit log), 'conflict' when somebody else wrote a map of that name
   *   (`name-taken`) or the person has as many maps as they may (`too-many-scope-maps`), 'unavailable' without Postgres
   */
  async execute(caller: Caller, { registry: name, actions }: PersonalScopeMapWish): Promise<string> {
    const registry = await this.registries.find(this.db, caller.account, name);
    if (registry === null) throw noSuchRegistry();
    const lines = parseActions(actions);
    const holder = await this.access.holderOf(caller, [registry.id]);
    const { resourceName } = await this.authorize(holder, registry, lines);
    await this.db.transaction(async (tx) => {
      const now = await this.access.holderAgain(tx, holder);
      await this.make(tx, await this.authorize(now, registry, lines), lines);
    });
    return resourceName;
  }

  private async authorize(
    holder: Holder,
    registry: RegistryDefinition,
    lines: readonly ActionLine[],
  ): Promise<Authorized> {
    const at = lines.map(({ pattern }) => ({ registryId: registry.id, repository: pattern }));
    const resourceName = nameOf(holder.caller, lines);
    const attempt = { holder, registry, action: 'scopeMaps/write', at, resourceName } as const;
    await this.access.requireHeld(attempt, lines);
    const [first] = lines.map((line) => decideFor(holder, line.action, registry, line.pattern));
    if (first?.effect !== 'allow') throw new AppError({ kind: 'bug', message: 'a held line is not allowed' });
    return { ...attempt, decidedBy: first.by };
  }

  private async make(tx: Transaction, by: Authorized, lines: readonly ActionLine[]): Promise<void> {
    const { registry, resourceName: name, holder } = by;
    const actions = lines.map(formatActionLine);
    const there = await this.scopeMaps.lock(tx, registry.account, { registryId: registry.id, name });
    if (there === null) {
      const living = await this.scopeMaps.countNamed(tx, registry.account, prefixOf(holder.caller));
      if (living >= maxPerPerson) throw tooMany();
      const description = `of a token of ${holder.caller.name}`.slice(0, 256);
      const made = await this.changes.create(tx, by, { description, actions, conditions: [] });
      // Somebody else made it between the two statements: theirs is looked at.
      return made === null ? this.make(tx, by, lines) : undefined;
    }
    const isAsMade = saysTheSame(there.actions, actions) && (there.conditions ?? []).length === 0;
    if (isAsMade) return;
    const message = `the scope map ${name} was changed: delete it, or ask for other rights`;
    throw new AppError({ kind: 'conflict', code: 'name-taken', message });
  }
}

/** 60 characters, as many as a scope map's name may have. */
function nameOf(caller: Caller, lines: readonly ActionLine[]): string {
  const said = [caller.ref, ...lines.map(formatActionLine).sort()].join('\0');
  return `${prefixOf(caller)}${hashOf(said).slice(0, 24)}-scope-map`;
}

/** What the names of all maps of one person begin with, so that they can be counted. */
function prefixOf({ ref }: Caller): string {
  return `personal-${hashOf(ref).slice(0, 16)}-`;
}

function hashOf(said: string): string {
  return createHash('sha256').update(said).digest('hex');
}

function tooMany(): AppError {
  return new AppError({
    kind: 'conflict',
    code: 'too-many-scope-maps',
    message: `your own tokens have ${maxPerPerson} different sets of rights, and can't have more; ask for rights that one of them has, or have scope maps deleted that no token uses`,
    detail: { max: maxPerPerson },
  });
}
