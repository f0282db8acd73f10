import { isRepositoryPattern } from '@berth/access';
import { AppError } from '@berth/errors';
import type { AssignmentScope } from './role-assignment.js';

/** What the names in a path stand for. */
export interface ScopeDirectory {
  /** The id of a registry of the account, or null. */
  registryIdOf(name: string): string | null;
  /** Whether an Azure subscription id stands for this account. */
  isSubscription(id: string): boolean;
}

const provider = /^\/providers\/Microsoft\.ContainerRegistry(?=\/)/i;

/**
 * Reads where a role is assigned or assignable: `/` (the account), `/resource-groups/{g}`, `/registries/{r}`,
 * `/registries/{r}/namespaces/{ns}`, `/registries/{r}/repositories/{name or prefix/*}`; or the same as Azure writes it, behind
 * `/subscriptions/{s}` with `/resourceGroups/{g}/providers/Microsoft.ContainerRegistry`.
 *
 * @param path at most 1,000 characters
 * @throws AppError 'malformed' with code `invalid_scope_path`; an unknown registry or subscription is one too
 */
export function parseScopePath(path: string, directory: ScopeDirectory): AssignmentScope {
  const refuse = () => invalid(path);
  if (path.length > 1000) throw refuse();
  const [, subscription, behind] = /^\/subscriptions\/([^/]+)(.*)$/is.exec(path) ?? [];
  if (subscription !== undefined && !directory.isSubscription(subscription)) throw refuse();
  const rest = behind ?? path;
  if (path === '/' || behind === '') return { kind: 'account' };
  const [, resourceGroup, inGroup = ''] = /^\/resource-?groups\/([^/]+)(.*)$/is.exec(rest) ?? [];
  if (resourceGroup !== undefined && inGroup === '') return { kind: 'resource-group', resourceGroup };
  const inAccount = resourceGroup === undefined ? rest : inGroup.replace(provider, '');
  const [, registry, below = ''] = /^\/registries\/([^/]+)(.*)$/is.exec(inAccount) ?? [];
  const registryId = registry === undefined ? null : directory.registryIdOf(registry);
  if (registryId === null) throw refuse();
  return below === '' ? { kind: 'registry', registryId } : inRegistry(registryId, below, refuse);
}

function inRegistry(registryId: string, below: string, refuse: () => AppError): AssignmentScope {
  const [, namespace] = /^\/namespaces\/([^/]+)$/.exec(below) ?? [];
  if (namespace !== undefined && namespace !== '*' && isRepositoryPattern(namespace)) {
    return { kind: 'namespace', registryId, namespace };
  }
  const [, pattern] = /^\/repositories\/(.+)$/.exec(below) ?? [];
  if (pattern === undefined || !isRepositoryPattern(pattern)) throw refuse();
  return { kind: 'repository', registryId, pattern };
}

function invalid(path: string): AppError {
  const shown = path.slice(0, 300);
  return new AppError({
    kind: 'malformed',
    code: 'invalid_scope_path',
    message: `${JSON.stringify(shown)} is no scope of this account, as in "/", "/resource-groups/ci", "/registries/local" or "/registries/local/repositories/team/*"`,
    detail: { scope: shown },
  });
}
