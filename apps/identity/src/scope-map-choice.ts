import { formatActionLine, isRepositoryPattern, isScopeMapAction, parseAction } from '@berth/access';
import type { RegistryDefinition } from '@berth/contracts';
import { AppError, isAppError } from '@berth/errors';
import type { Caller } from '@berth/http';
import type { ScopeMap } from '@berth/policy-engine';
import { Inject, Injectable } from '@nestjs/common';
import { DefinitionsCopy } from './definitions-copy.js';
import { scopeMapOf, systemScopeMapNamed } from './known-scope-map.js';
import { POLICY_CLIENT, type PolicyClient } from './policy-client.js';
import type { RepositoryToken } from './repository-token.js';

/** Rights as people list them on a token that gets a scope map of its own. */
export interface RepositoryRights {
  /** A repository, a prefix such as `team/*`, or `*`. */
  readonly name: string;
  /** In any spelling that Berth knows: `content/read`, `pull`, .. */
  readonly actions: readonly string[];
}

/**
 * Finds or makes the scope map that a token is to have. System maps are the same everywhere and for ever; about all others
 * policy is always asked, so what was just written is found.
 */
@Injectable()
export class ScopeMapChoice {
  constructor(
    @Inject(POLICY_CLIENT) private readonly policy: PolicyClient,
    private readonly definitions: DefinitionsCopy,
  ) {}

  /**
   * The scope map of a name in a registry. When policy doesn't answer, the one in the own copy.
   *
   * @throws AppError 'malformed' with code `unknown-scope-map` when there is none, 'unavailable' when nobody knows
   */
  async named(registry: RegistryDefinition, name: string): Promise<ScopeMap> {
    const map = systemScopeMapNamed(registry, name) ?? (await this.ask(registry, name));
    if (map !== null && map.status === 'active' && map.account === registry.account) return map;
    throw new AppError({
      kind: 'malformed',
      code: 'unknown-scope-map',
      message: `registry ${registry.name} has no scope map ${name}`,
      detail: { scopeMap: name },
    });
  }

  /**
   * The scope map that a token or fleet has; null when it was deleted. The caller has refreshed the copy.
   *
   * @throws AppError 'unavailable' when the copy can't tell: a map that may come back gives more than nothing
   */
  of(holder: Pick<RepositoryToken, 'scopeMapId' | 'account'>): ScopeMap | null {
    const map = scopeMapOf(this.definitions.view, holder);
    if (map !== null || this.definitions.isDeletedScopeMap(holder.scopeMapId)) return map;
    const message = "the token's scope map is not known here yet";
    throw new AppError({ kind: 'unavailable', code: 'unknown-scope-map', message, retryAfterSeconds: 1 });
  }

  /**
   * The token's own scope map, `<token>-scope-map`, made or replaced by policy for the caller.
   *
   * @throws AppError 'malformed' for rights that don't exist, 'denied' by policy, 'unavailable' when it doesn't answer
   */
  async made(
    caller: Caller,
    registry: RegistryDefinition,
    { token, rights }: { token: string; rights: readonly RepositoryRights[] },
  ): Promise<ScopeMap> {
    const name = `${token}-scope-map`;
    await this.policy.putScopeMap(caller, { registry, name }, linesOf(rights));
    return this.named(registry, name);
  }

  private async ask(registry: RegistryDefinition, name: string): Promise<ScopeMap | null> {
    try {
      const answer = await this.policy.scopeMap({ registry, name });
      if (answer === null) return null;
      await this.definitions.learn(answer);
      return this.definitions.view.scopeMap(answer.id);
    } catch (e) {
      if (!isAppError(e) || e.kind !== 'unavailable') throw e;
      const known = this.definitions.view.scopeMapByName(registry.id, name);
      if (known === null) throw e;
      return known;
    }
  }
}

/** One line for each right, none twice. @throws AppError 'malformed' with code `invalid-repositories` */
export function linesOf(rights: readonly RepositoryRights[]): string[] {
  return [...new Set(rights.flatMap(({ name, actions }) => actions.map((action) => lineOf(name, action))))];
}

function lineOf(name: string, spelling: string): string {
  const action = parseAction(spelling);
  if (action === null || !isScopeMapAction(action)) {
    throw invalid(`${JSON.stringify(spelling)} is no action that a scope map can give`, spelling);
  }
  if (!isRepositoryPattern(name)) {
    throw invalid(`${JSON.stringify(name)} is neither a repository nor a prefix such as team/* nor *`, name);
  }
  return formatActionLine({ pattern: name, action });
}

function invalid(message: string, value: string): AppError {
  return new AppError({ kind: 'malformed', code: 'invalid-repositories', message, detail: { value } });
}
