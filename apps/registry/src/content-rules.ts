import { isRepositoryPattern, namespaceOf, patternCovers, tagPatternCovers } from '@berth/access';
import type { ContentPoliciesDefinition, ImmutabilityRule } from '@berth/contracts';
import type { DefinitionsView } from '@berth/definitions';
import { AppError } from '@berth/errors';
import type { RepositoryName, Tag } from '@berth/oci';
import type { RepositoryAddress } from './repository.js';

/** How much a registry, or a part of it, may hold. */
export interface StorageLimit {
  /** null = the whole registry. */
  readonly namespace: string | null;
  readonly limitBytes: number;
}

/** What becomes of a manifest that is pushed now. */
export interface QuarantineRule {
  /** How long it stays closed if nobody decides, milliseconds; null = until somebody does. */
  readonly releaseAfterMs: number | null;
}

/**
 * What people decided about contents, by this service's own copy of the definitions. Nearly every registry has nothing
 * decided. What can't be read is not guessed: whatever depends on it is refused until it can.
 */
export class ContentRules {
  constructor(private readonly definitions: Pick<DefinitionsView, 'contentPoliciesOf'>) {}

  /** null = what is pushed is open at once. @throws AppError 'unavailable' when the registry's policies can't be read */
  quarantineIn(registryId: string): QuarantineRule | null {
    const quarantine = this.of(registryId)?.quarantine;
    if (quarantine?.isOn !== true) return null;
    const { releaseAfterHours: hours } = quarantine;
    return { releaseAfterMs: hours === null ? null : hours * 3_600_000 };
  }

  /** Whether a tag, once it is there, stays what it is. @throws AppError 'unavailable', see {@link quarantineIn} */
  isWrittenOnce({ registryId, name }: Pick<RepositoryAddress, 'registryId' | 'name'>, tag: Tag): boolean {
    return this.of(registryId)?.immutability.some((rule) => binds(rule, name, tag)) === true;
  }

  /** Whether any tag of a repository might be. @throws AppError 'unavailable', see {@link quarantineIn} */
  writesOnceIn({ registryId, name }: Pick<RepositoryAddress, 'registryId' | 'name'>): boolean {
    return this.of(registryId)?.immutability.some((rule) => bindsIn(rule, name)) === true;
  }

  /** The limits that bind a repository, none or up to two. @throws AppError 'unavailable', see {@link quarantineIn} */
  storageLimitsOf({ registryId, name }: Pick<RepositoryAddress, 'registryId' | 'name'>): readonly StorageLimit[] {
    const quota = this.of(registryId)?.quota;
    if (quota === undefined) return [];
    const namespace = namespaceOf(name);
    const ofNamespace = quota.namespaces.find((each) => each.namespace === namespace);
    return [
      ...(quota.storageBytes === null ? [] : [{ namespace: null, limitBytes: quota.storageBytes }]),
      ...(ofNamespace === undefined ? [] : [{ namespace, limitBytes: ofNamespace.storageBytes }]),
    ];
  }

  /** All limits of a registry and of its namespaces. @throws AppError 'unavailable', see {@link quarantineIn} */
  storageLimitsIn(registryId: string): readonly StorageLimit[] {
    const quota = this.of(registryId)?.quota;
    if (quota === undefined) return [];
    return [
      ...(quota.storageBytes === null ? [] : [{ namespace: null, limitBytes: quota.storageBytes }]),
      ...quota.namespaces.map(({ namespace, storageBytes: limitBytes }) => ({ namespace, limitBytes })),
    ];
  }

  private of(registryId: string): ContentPoliciesDefinition | null {
    const policies = this.definitions.contentPoliciesOf(registryId);
    if (policies === 'unreadable') throw unreadable();
    return policies;
  }
}

function binds(rule: ImmutabilityRule, name: RepositoryName, tag: Tag): boolean {
  const { tags, except } = rule;
  return bindsIn(rule, name) && tagPatternCovers(tags, tag) && !except.some((each) => tagPatternCovers(each, tag));
}

/** A pattern that can't be read binds everything. */
function bindsIn({ repositories }: ImmutabilityRule, name: RepositoryName): boolean {
  return !isRepositoryPattern(repositories) || patternCovers(repositories, name);
}

function unreadable(): AppError {
  return new AppError({
    kind: 'unavailable',
    code: 'content-policies-unreadable',
    message: 'what was decided about the contents of this registry cannot be read now',
    retryAfterSeconds: 5,
  });
}
