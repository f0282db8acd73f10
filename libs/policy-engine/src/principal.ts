import { AppError } from '@berth/errors';

declare const principalRefBrand: unique symbol;

const kinds = ['token', 'device', 'user', 'service', 'workload', 'group', 'anonymous'] as const;

/** What sort of thing acts. */
export type PrincipalKind = (typeof kinds)[number];

/** `<kind>:<id>`, as in `token:0198…`: an immutable id, never a name. */
export type PrincipalRef = `${PrincipalKind}:${string}` & { readonly [principalRefBrand]: true };

/** Who decides with a token about what it gives; nobody has an owner beyond that. */
export type PrincipalAlone = Omit<Principal, 'owner'>;

/** Whoever is decided about, as the caller's proof of identity describes it. */
export interface Principal {
  readonly ref: PrincipalRef;
  /** Account id. */
  readonly account: string;
  /** Groups it is in, transitively; each of kind `group`. */
  readonly groups: readonly PrincipalRef[];
  /** Of a token or device: the id of its one scope map. null for all other kinds. */
  readonly scopeMapId: string | null;
  /** Of a token that is a person's own, or backed by one: who must hold all that is asked as well. */
  readonly owner?: PrincipalAlone;
  /** A user that the import of a legacy account brought; only then does an unenforced region mean anything to them. */
  readonly isImported?: boolean;
}

/** A principal as callers and claims spell it; whatever else they say of it is left aside. */
export interface SpelledPrincipal {
  /** `<kind>:<id>`. */
  readonly ref: string;
  readonly account: string;
  /** `group:<id>` of each group. */
  readonly groups: readonly string[];
  /** Left out = no. */
  readonly imported?: boolean;
}

/** One that has no scope map and no owner: who calls the management API. @throws AppError as {@link parsePrincipalRef} */
export function principalOf({ ref, account, groups, imported }: SpelledPrincipal): Principal {
  const principal = { ref: parsePrincipalRef(ref), account, groups: groups.map(parsePrincipalRef), scopeMapId: null };
  return imported === true ? { ...principal, isImported: true } : principal;
}

/** The reference of a thing with this kind and id. @throws AppError 'bug' for an empty id */
export function principalRef(kind: PrincipalKind, id: string): PrincipalRef {
  return parsePrincipalRef(`${kind}:${id}`);
}

/** Reads `<kind>:<id>`, at most 300 characters. @throws AppError 'malformed' with code `invalid_principal` */
export function parsePrincipalRef(s: string): PrincipalRef {
  if (isPrincipalRef(s)) return s;
  throw new AppError({
    kind: 'malformed',
    code: 'invalid_principal',
    message: `a principal is <kind>:<id>, with a kind of ${kinds.join(', ')}`,
  });
}

function isPrincipalRef(s: string): s is PrincipalRef {
  const colon = s.indexOf(':');
  return colon > 0 && colon < s.length - 1 && s.length <= 300 && kinds.some((kind) => kind === s.slice(0, colon));
}

/** The kind in front of a reference's colon. */
export function principalKindOf(ref: PrincipalRef): PrincipalKind {
  const kind = kinds.find((candidate) => ref.startsWith(`${candidate}:`));
  if (kind === undefined) throw new AppError({ kind: 'bug', message: 'a principal reference without a known kind' });
  return kind;
}
