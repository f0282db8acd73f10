import { accessCovers, type Action } from '@berth/access';
import type { AccessClaims } from '@berth/contracts';
import type { Clock } from '@berth/foundation';
import type { RepositoryName, Tag } from '@berth/oci';
import {
  parsePrincipalRef,
  prohibitionsOf,
  type DefinitionsView,
  type Prohibition,
  type ProhibitionKind,
} from '@berth/policy-engine';
import type { AddressedRegistry, RequestSource } from './caller.js';
import type { Need } from './data-plane-need.js';
import type { Hindrance } from './hindrance.js';
import { isBound, isNetworkBound, shutBy, type ShutEntry } from './entry-conditions.js';

/** A token in use, somewhere. */
export interface TokenUse {
  readonly registry: AddressedRegistry;
  readonly source: RequestSource;
  readonly claims: AccessClaims;
}

/** What a request does to tags. */
export interface TagUse {
  /** Those that it writes or deletes; null = nobody knows which, so that a token bound to tags is not good for it. */
  readonly tags: readonly Tag[] | null;
  /** Whether one that is there would name something else; while nobody has looked, it doesn't. */
  readonly movesTag: boolean;
}

const noTags: TagUse = { tags: [], movesTag: false };

/** What is forbidden to everybody, by an account and registry. */
export type Prohibitions = DefinitionsView & Required<Pick<DefinitionsView, 'prohibitionsOn'>>;

const forbidden: Readonly<Record<ProhibitionKind, string>> = {
  lock: 'it is locked',
  quarantine: 'it is in quarantine',
  'private-only': 'it is open to some networks only',
  disabled: 'it is switched off',
  deleting: 'it is being deleted',
  quota: 'its quota is used up',
};

const shut: Readonly<Record<ShutEntry, Hindrance>> = {
  tags: { reason: 'condition-tags', words: 'the token is not good for this tag' },
  network: { reason: 'condition-network', words: 'the token is not good from this address' },
  time: { reason: 'condition-time', words: 'the token is not good at this time' },
  'create-only': { reason: 'condition-create-only', words: 'the token is not good for a tag that is there' },
  unreadable: { reason: 'condition-unreadable', words: 'the token has a condition that is not known here' },
};

/**
 * What binds a use beyond what the token opens: the conditions that it carries, and what is forbidden to everybody by this
 * service's own copy of the definitions. Nearly every request has neither, and then nothing is made for it.
 */
export class UseLimits {
  constructor(
    private readonly prohibitions: Prohibitions,
    private readonly clock: Clock,
  ) {}

  /** What hinders a request whose token opens what it needs; null = nothing. */
  hindranceOf(use: TokenUse, need: Need | null, onTags: TagUse): Hindrance | null {
    if (need?.kind === 'repository' && isBound(use.claims)) {
      for (const action of need.actions) {
        const reason = shutBy(use.claims, { name: need.name, action, facts: this.factsOf(use, onTags) });
        if (reason !== null) return shut[reason];
      }
    }
    if (!this.hasProhibitions(use)) return null;
    const kind = this.prohibitionOn(use, need)?.kind;
    return kind === undefined ? null : { reason: kind, words: forbidden[kind] };
  }

  /** Whether a token opens another repository for reading too, and nothing stands against it. */
  mayPull(use: TokenUse, name: RepositoryName): boolean {
    return this.may(use, name, 'content/read');
  }

  /** As {@link mayPull}, for what is in quarantine there. */
  mayPullQuarantined(use: TokenUse, name: RepositoryName): boolean {
    return this.may(use, name, 'quarantine/read');
  }

  private may(use: TokenUse, name: RepositoryName, action: Action): boolean {
    if (!accessCovers(use.claims.access, { name, action })) return false;
    if (isBound(use.claims) && shutBy(use.claims, { name, action, facts: this.factsOf(use, noTags) }) !== null)
      return false;
    return !this.hasProhibitions(use) || this.prohibitionIn(use, { name, action }) === null;
  }

  /** Whether where the client is decides what it may have: then it gets no address that is good from anywhere. */
  isNetworkBound(registry: AddressedRegistry, claims: AccessClaims, need: Need | null): boolean {
    if (need?.kind === 'repository' && isBound(claims) && isNetworkBound(claims, need.name)) return true;
    const all = this.prohibitions.prohibitionsOn(registry.account, registry.id);
    return all.length > 0 && all.some(({ exceptFrom }) => exceptFrom !== null);
  }

  private hasProhibitions({ registry }: TokenUse): boolean {
    return this.prohibitions.prohibitionsOn(registry.account, registry.id).length > 0;
  }

  private prohibitionOn(use: TokenUse, need: Need | null): Prohibition | null {
    if (need?.kind === 'repository') return this.prohibitionIn(use, { name: need.name, action: need.purpose });
    const action = need === null ? 'registries/read' : 'catalog/list';
    const all = prohibitionsOf(this.prohibitions, { ...this.question(use), action, repository: null });
    // What shuts a part of a registry shuts nothing that is about all of it.
    return all.find(({ scope }) => scope.kind !== 'namespace' && scope.kind !== 'repository') ?? null;
  }

  private prohibitionIn(use: TokenUse, { name, action }: { name: RepositoryName; action: Action }): Prohibition | null {
    const [first] = prohibitionsOf(this.prohibitions, { ...this.question(use), action, repository: name });
    return first ?? null;
  }

  private question(use: TokenUse) {
    const { registry, claims } = use;
    return {
      principal: { ref: parsePrincipalRef(claims.sub), account: claims.acct, groups: [], scopeMapId: null },
      account: registry.account,
      registryId: registry.id,
      context: this.factsOf(use, noTags),
    };
  }

  private factsOf({ source: { address } }: TokenUse, { tags, movesTag }: TagUse) {
    const known = { atMs: this.clock(), movesTag };
    return { ...known, ...(tags === null ? {} : { tags }), ...(address === null ? {} : { address }) };
  }
}
