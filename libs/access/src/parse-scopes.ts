import { AppError } from '@berth/errors';
import { isRepositoryName } from '@berth/oci';
import { actionOfDockerName, dockerNames } from './action-spelling.js';
import type { RequestedScope } from './requested-scope.js';

/** Most scopes in one request, all parameters together. */
export const maxScopes = 100;

/** Longest scope parameters in one request, in characters, all together. */
export const maxScopeLength = 64 * 1024;

/** `host:5000/team/app`: a well-formed resource name, but of another registry. */
const nameOnHost = /^[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?:[0-9]{1,5}\/(.*)$/s;

/**
 * Reads the `scope` parameters of a token request. One parameter may hold several scopes with single spaces between; an
 * empty parameter holds none. Scopes of the same thing become one. Names are taken literally and never normalised;
 * unknown actions are dropped; a `*` stands for every action on a repository, of which only those held are ever granted.
 *
 * @param values the parameters, decoded; at most 100 scopes and 64 Ki characters, checked before anything else
 * @throws AppError 'malformed' with code `invalid_scope`; nothing else
 * @source Docker registry token authentication "Resource Scope"
 */
export function parseScopes(values: readonly string[]): RequestedScope[] {
  checkLimits(values);
  const scopes = new Map<string, RequestedScope>();
  for (const value of values) {
    if (value === '') continue;
    for (const part of value.split(' ')) {
      const scope = parseScope(part);
      const key = `${scope.type}:${scope.name}`;
      scopes.set(key, merge(scopes.get(key), scope));
    }
  }
  return [...scopes.values()];
}

function checkLimits(values: readonly string[]): void {
  let length = 0;
  let scopes = values.length;
  for (const value of values) {
    length += value.length;
    if (length > maxScopeLength || scopes > maxScopes) throw tooMuch();
    for (let at = value.indexOf(' '); at !== -1; at = value.indexOf(' ', at + 1)) scopes++;
  }
  if (scopes > maxScopes) throw tooMuch();
}

function parseScope(part: string): RequestedScope {
  const typeEnd = part.indexOf(':');
  const nameEnd = part.lastIndexOf(':');
  if (typeEnd <= 0 || nameEnd === typeEnd) throw malformed(part);
  const type = part.slice(0, typeEnd);
  const name = part.slice(typeEnd + 1, nameEnd);
  const words = part.slice(nameEnd + 1).split(',');

  const onHost = nameOnHost.exec(name)?.[1];
  const isKnownForm = isRepositoryName(name) || (onHost !== undefined && isRepositoryName(onHost));
  if (!isKnownForm || name.length > 512) throw malformed(part);
  if (type === 'registry' && name === 'catalog') {
    return { type, name: 'catalog', actions: words.includes('*') ? ['*'] : [] };
  }
  const actions = readActions(words);
  /** Docker's plugins ask with a class; it never was a namespace of its own. */
  if ((type === 'repository' || type === 'repository(plugin)') && isRepositoryName(name)) {
    return { type: 'repository', name, actions };
  }
  if (!/^(?:[a-z0-9]+|repository\(plugin\))$/.test(type)) throw malformed(part);
  return { type: 'unknown', name, actions };
}

function readActions(words: readonly string[]): readonly string[] {
  if (words.includes('*')) return dockerNames;
  return [...new Set(words.filter((word) => actionOfDockerName(word) !== null))];
}

function merge(known: RequestedScope | undefined, scope: RequestedScope): RequestedScope {
  if (known === undefined) return scope;
  return { ...scope, actions: [...new Set([...known.actions, ...scope.actions])] };
}

function malformed(part: string): AppError {
  return new AppError({
    kind: 'malformed',
    code: 'invalid_scope',
    message: `malformed scope ${JSON.stringify(part.slice(0, 300))}: as in "repository:team/app:pull,push"`,
  });
}

function tooMuch(): AppError {
  return new AppError({
    kind: 'malformed',
    code: 'invalid_scope',
    message: `at most ${maxScopes} scopes, and ${maxScopeLength} characters of them`,
  });
}
