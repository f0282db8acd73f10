import { formatActionLine } from '@berth/access';
import { isAppError, type AppError } from '@berth/errors';
import type { ScopeMap } from '@berth/policy-engine';
import { Injectable } from '@nestjs/common';
import { createHash } from 'node:crypto';
import { RegistryAccess, type Authorized } from '../registry-access.js';
import { linesOf, ScopeMapChoice, type RepositoryRights } from '../scope-map-choice.js';
import type { TokenLine } from './token-line.js';

/** The scope map of a line, or why it can't have it. */
export type ChosenScopeMap =
  { readonly kind: 'chosen'; readonly id: string } | { readonly kind: 'refused'; readonly error: AppError };

/**
 * Finds the scope maps of a batch's lines; each is asked for once in a batch. Lists of repositories that say the same share
 * one, made in the name of the import. Nobody gives what they don't hold.
 */
@Injectable()
export class ChosenScopeMaps {
  constructor(
    private readonly access: RegistryAccess,
    private readonly scopeMaps: ScopeMapChoice,
  ) {}

  /**
   * @returns by line number
   * @throws AppError 'unavailable' when it can't be told, 'unauthenticated' when the caller is gone
   */
  async of(
    by: Authorized,
    importId: string,
    lines: readonly TokenLine[],
  ): Promise<ReadonlyMap<number, ChosenScopeMap>> {
    const known = new Map<string, ChosenScopeMap>();
    const chosen = new Map<number, ChosenScopeMap>();
    for (const { number, token } of lines) {
      const { scopeMap, repositories = [] } = token;
      const key = scopeMap === undefined ? JSON.stringify(repositories) : `=${scopeMap}`;
      const found = known.get(key) ?? (await this.choose(by, importId, { scopeMap, repositories }));
      known.set(key, found);
      chosen.set(number, found);
    }
    return chosen;
  }

  private async choose(
    by: Authorized,
    importId: string,
    { scopeMap, repositories }: { scopeMap: string | undefined; repositories: readonly RepositoryRights[] },
  ): Promise<ChosenScopeMap> {
    try {
      const map =
        scopeMap === undefined
          ? await this.shared(by, importId, repositories)
          : await this.scopeMaps.named(by.registry, scopeMap);
      await this.access.requireHeld(by, map);
      return { kind: 'chosen', id: map.id };
    } catch (e) {
      if (isAppError(e) && isOfLine(e)) return { kind: 'refused', error: e };
      throw e;
    }
  }

  /** Left alone where it is as it should be: a resumed import writes nothing twice. */
  private async shared(by: Authorized, importId: string, rights: readonly RepositoryRights[]): Promise<ScopeMap> {
    const { caller, registry } = by;
    const lines = linesOf(rights).sort();
    const token = `import-${digestOf([importId, ...lines])}`;
    const found = await this.found(by, `${token}-scope-map`);
    if (found !== null && sameLines(found, lines)) return found;
    return this.scopeMaps.made(caller, registry, { token, rights });
  }

  private async found({ registry }: Authorized, name: string): Promise<ScopeMap | null> {
    try {
      return await this.scopeMaps.named(registry, name);
    } catch (e) {
      if (isAppError(e) && e.code === 'unknown-scope-map' && e.kind === 'malformed') return null;
      throw e;
    }
  }
}

/** What is wrong with one line says nothing of the others. */
function isOfLine({ kind }: AppError): boolean {
  return kind === 'malformed' || kind === 'denied' || kind === 'conflict' || kind === 'too-large';
}

function sameLines(map: ScopeMap, lines: readonly string[]): boolean {
  const known = map.lines.map(formatActionLine).sort();
  return known.length === lines.length && known.every((line, at) => line === lines[at]);
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 24);
}
