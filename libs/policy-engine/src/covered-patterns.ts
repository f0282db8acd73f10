import { everyRepository, parseRepositoryPattern, patternCovers, patternsOverlap } from '@berth/access';
import type { ActionLevel, RepositoryPattern } from '@berth/access';
import { assertNever } from '@berth/errors';
import type { DefinitionsView } from './decision.js';
import type { Grant } from './grants-of.js';
import type { ServiceReach } from './service-reach.js';
import type { RegistryRecord } from './resource.js';
import { isActiveIn } from './validity.js';

/** What of one registry's repositories is covered; `allBut` = also all outside of these namespaces. */
export interface CoveredPatterns {
  readonly patterns: readonly RepositoryPattern[];
  readonly allBut: readonly string[] | null;
}

/** Of which registry, and for an action of which level. */
export interface CoverageQuestion {
  readonly account: string;
  readonly registryId: string;
  readonly level: ActionLevel;
}

const nothing: CoveredPatterns = { patterns: [], allBut: null };
const everything: CoveredPatterns = { patterns: [everyRepository], allBut: null };

/** Which repositories of a registry a grant reaches, whatever its actions: the same as `reaches` says of each name. */
export function coveredBy(view: DefinitionsView, grant: Grant, question: CoverageQuestion): CoveredPatterns {
  const reached = reachedBy(view, grant, question);
  const { repositories } = grant;
  if (repositories === null) return reached;
  if (question.level !== 'repository') return nothing;
  return { patterns: reached.patterns.flatMap((pattern) => cutDown(pattern, repositories)), allBut: null };
}

function reachedBy(view: DefinitionsView, { reach }: Grant, question: CoverageQuestion): CoveredPatterns {
  const { registryId, level } = question;
  switch (reach.kind) {
    case 'account':
      return everything;
    case 'registry':
      return reach.registryId === registryId ? everything : nothing;
    case 'repository':
      if (reach.registryId !== registryId || level !== 'repository') return nothing;
      return { patterns: [reach.pattern], allBut: null };
    case 'namespace':
      return reach.registryId === registryId && level !== 'registry' ? allOf([reach.namespace]) : nothing;
    case 'resource-group':
      if (registryOf(view, question)?.resourceGroup === reach.resourceGroup) return everything;
      return level === 'registry' ? nothing : allOf(namespacesIn(view, question, reach.resourceGroup));
    case 'service':
      return coveredByService(view, reach, question);
    default:
      return assertNever(reach);
  }
}

function coveredByService(view: DefinitionsView, reach: ServiceReach, question: CoverageQuestion): CoveredPatterns {
  const { region, namespace, resourceGroup } = reach;
  const registry = registryOf(view, question);
  if (region !== null && registry?.region !== region) return nothing;
  if (resourceGroup === null) return namespace === null ? everything : allOf([namespace]);
  const inGroup = namespacesIn(view, question, resourceGroup);
  const elsewhere = registry?.resourceGroup === resourceGroup ? namespacesNotIn(view, question, resourceGroup) : null;
  if (namespace === null) return { ...allOf(inGroup), allBut: elsewhere };
  const isIn = inGroup.includes(namespace) || (elsewhere !== null && !elsewhere.includes(namespace));
  return isIn ? allOf([namespace]) : nothing;
}

function registryOf(view: DefinitionsView, { registryId, account }: CoverageQuestion): RegistryRecord | null {
  const registry = view.registry?.(registryId) ?? null;
  return registry !== null && isActiveIn(registry, account) ? registry : null;
}

/** Namespaces that were put into a resource group themselves, or into another one. */
function ownGroups(view: DefinitionsView, { account, registryId }: CoverageQuestion) {
  return (view.namespacesOf?.(registryId) ?? []).filter(
    (each) => each.resourceGroup !== null && isActiveIn(each, account),
  );
}

function namespacesIn(view: DefinitionsView, question: CoverageQuestion, resourceGroup: string): string[] {
  return ownGroups(view, question)
    .filter((each) => each.resourceGroup === resourceGroup)
    .map(({ name }) => name);
}

function namespacesNotIn(view: DefinitionsView, question: CoverageQuestion, resourceGroup: string): string[] {
  return ownGroups(view, question)
    .filter((each) => each.resourceGroup !== resourceGroup)
    .map(({ name }) => name);
}

/** The repository of a namespace's name, and all below it. */
function allOf(namespaces: readonly string[]): CoveredPatterns {
  const patterns = namespaces.flatMap((name) => [parseRepositoryPattern(name), parseRepositoryPattern(`${name}/*`)]);
  return { patterns, allBut: null };
}

/** A pattern's common parts with others, none where they have nothing in common. */
export function cutDown(pattern: RepositoryPattern, repositories: readonly RepositoryPattern[]): RepositoryPattern[] {
  return repositories
    .filter((other) => patternsOverlap(pattern, other))
    .map((other) => (patternCovers(pattern, other) ? other : pattern));
}
