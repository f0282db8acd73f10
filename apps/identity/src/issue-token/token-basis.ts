import type { Allowed, DefinitionsView, GrantRef, Principal, PrincipalAlone } from '@berth/policy-engine';
import { accountCounters } from '../account-counters.js';

/** How many definitions a token can name, and the number of what stands for more. */
export interface VersionRoom {
  /** At least 1. */
  readonly room: number;
  /** Of the copy that is decided from. */
  readonly epoch: number;
}

/** From what a token is decided: every definition that had a part in granting something of it. */
export class TokenBasis {
  private readonly versions = new Map<string, number>();
  private isByPlace = false;
  private endMs: number | null = null;

  constructor(
    private readonly view: DefinitionsView,
    private readonly principal: Principal,
  ) {}

  /** Notes what something that is granted rests upon, and when it ends. */
  add({ basis, when }: Allowed): void {
    for (const ref of basis) {
      const key = `${ref.kind}:${ref.id}`;
      if (this.versions.has(key)) continue;
      this.versions.set(key, ref.version);
      this.isByPlace ||= dependsOnPlaces(this.view, this.principal, ref);
      // From then on nothing is granted by an account's past, whatever a token says.
      if (ref.kind === 'enforcement') this.endAt(this.view.enforcementMandatoryFromMs?.() ?? null);
    }
    for (const { notAfterMs } of when ?? []) this.endAt(notAfterMs);
  }

  /** When the first of what was granted ends, epoch milliseconds; null = never. */
  get endsAtMs(): number | null {
    return this.endMs;
  }

  /**
   * What the token's `ver` says of the definitions. If there is no room for all of them, the account's counter stands for
   * those left out: the token then ends with any change that takes something away in its account.
   *
   * @source architecture "Versions, minima, incarnations"
   */
  versionsFor({ room, epoch }: VersionRoom): ReadonlyMap<string, number> {
    const all = new Map(this.versions);
    const { account } = this.principal;
    if (this.isByPlace) all.set(accountCounters.places(account), epoch);
    if (all.size <= room) return all;
    return new Map([...[...this.versions].slice(0, room - 1), [accountCounters.definitions(account), epoch]]);
  }

  private endAt(atMs: number | null): void {
    if (atMs !== null) this.endMs = Math.min(this.endMs ?? atMs, atMs);
  }
}

/** Whether a definition grants here only because of where its registry or namespace is. */
function dependsOnPlaces(view: DefinitionsView, principal: Principal, { kind, id }: GrantRef): boolean {
  switch (kind) {
    case 'role-assignment':
      return holdersOf(principal).some((ref) =>
        view.roleAssignmentsOf(ref).some((each) => each.id === id && each.scope.kind === 'resource-group'),
      );
    case 'role-definition':
      return view.roleDefinition?.(id)?.assignableScopes.some((scope) => scope.kind === 'resource-group') ?? true;
    case 'access-policy':
      return holdersOf(principal).some((ref) =>
        view.accessPoliciesOf?.(ref).some(({ id: of, reach }) => of === id && isByPlace(reach)),
      );
    case 'enforcement':
      return true;
    case 'scope-map':
    case 'anonymous-access':
    case 'prohibition':
      return false;
  }
}

function isByPlace({
  region,
  resourceGroup,
}: {
  readonly region: string | null;
  readonly resourceGroup: string | null;
}) {
  return region !== null || resourceGroup !== null;
}

/** Whose definitions may have granted: the principal, its groups, and those of its owner. */
function holdersOf({ owner, ...principal }: Principal) {
  const refs = ({ ref, groups }: PrincipalAlone) => [ref, ...groups];
  return owner === undefined ? refs(principal) : [...refs(principal), ...refs(owner)];
}
