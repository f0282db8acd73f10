import { AppError } from '@berth/errors';
import { unknownAddress } from '@berth/http';
import type { Upstream } from '../upstream.js';

/** Where a request goes, and whether the caller's credentials are exchanged for a management token on the way. */
export interface Destination {
  readonly upstream: Upstream;
  readonly isManagement: boolean;
}

/** Most characters of an address; Node's own limit is that of all headers together. */
const maxUrlLength = 8192;

/**
 * Chooses the service that answers an address, from the raw URL: nothing is decoded or normalised, so the address that is
 * chosen by is the address that is forwarded. An address that another program would read otherwise (dot segments, empty
 * segments, backslashes) goes nowhere.
 *
 * @throws AppError 'malformed' for such an address, 'not-found' for one that no service has; `/internal`, `/health` and
 *   `/metrics` are such
 */
export function chooseService(url: string): Destination {
  const end = url.indexOf('?');
  const path = end === -1 ? url : url.slice(0, end);
  if (url.length > maxUrlLength) {
    const message = `the address is longer than ${maxUrlLength} characters`;
    throw new AppError({ kind: 'malformed', code: 'address-too-long', message });
  }
  if (!isPlain(path)) {
    throw new AppError({
      kind: 'malformed',
      code: 'malformed-address',
      message: 'the address is not in its plain form',
    });
  }
  const [, first = '', second, resource = '', , part = '', , subpart = ''] = path.split('/');
  if (first === 'v2') return { upstream: 'registry', isManagement: false };
  if (first === 'oauth2' || first === 'auth' || first === '.well-known') {
    return { upstream: 'identity', isManagement: false };
  }
  if (first !== 'api' || second !== 'v1') throw unknownAddress();
  const upstream = resource === 'registries' ? ownerInRegistry(part, subpart) : ownerOf(resource);
  return { upstream, isManagement: true };
}

/** Resources of `/api/v1` itself; the rest is policy's. Each with what is done to it, `signing-keys:rotate`. */
const owners: Readonly<Record<string, Upstream>> = {
  audit: 'audit',
  'signing-keys': 'identity',
  users: 'identity',
  'service-ids': 'identity',
  groups: 'identity',
  federations: 'identity',
  'personal-tokens': 'identity',
  sessions: 'identity',
};

/** Parts of `/api/v1/registries/{r}`; the rest is policy's. */
const ownersInRegistry: Readonly<Record<string, Upstream>> = {
  tokens: 'identity',
  fleets: 'identity',
  'pull-secrets': 'identity',
  repositories: 'registry',
  usage: 'registry',
};

function ownerOf(resource: string): Upstream {
  return ownerNamed(owners, withoutVerb(resource));
}

/** What is done to the content of a namespace is the registry's, the namespace itself policy's. */
function ownerInRegistry(part: string, subpart: string): Upstream {
  if (part === 'namespaces' && withoutVerb(subpart) === 'retention') return 'registry';
  return ownerNamed(ownersInRegistry, withoutVerb(part));
}

function ownerNamed(table: Readonly<Record<string, Upstream>>, name: string): Upstream {
  return (Object.hasOwn(table, name) ? table[name] : undefined) ?? 'policy';
}

/** `tokens` of `tokens:import`. */
function withoutVerb(part: string): string {
  const colon = part.indexOf(':');
  return colon === -1 ? part : part.slice(0, colon);
}

/**
 * Printable ASCII without what programs read in their own ways, encoded or not: dots that lead upwards, backslashes, empty
 * segments, a fragment. An encoded slash stays: a repository's name may hold it.
 */
function isPlain(path: string): boolean {
  if (!/^\/[\x21-\x7e]*$/.test(path) || path.includes('//') || path.includes('#')) return false;
  const decoded = decodedOrNull(path);
  return decoded !== null && !decoded.includes('\\') && !/\/\.(?:\.|\/|$)|\.\.\//.test(decoded);
}

function decodedOrNull(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch (e) {
    if (e instanceof URIError) return null;
    throw e;
  }
}
