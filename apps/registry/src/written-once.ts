import type { Tag } from '@berth/oci';
import type { DataPlaneCaller } from './caller.js';
import type { ContentRules } from './content-rules.js';
import type { Hindrance } from './hindrance.js';
import type { Repository } from './repository.js';

const writtenOnce: Hindrance = { reason: 'immutable', words: 'the tag is written once' };

/** Tags of one repository that are there. */
export interface TagsIn {
  readonly repository: Repository;
  readonly tags: readonly Tag[];
}

/**
 * Refuses what would take tags from the manifest that they name, if one of them is written once by the registry's rules.
 *
 * @throws AppError 'denied', recorded; 'unavailable' when the rules can't be read
 */
export async function requireNotWrittenOnce(
  rules: ContentRules,
  caller: DataPlaneCaller,
  { repository, tags }: TagsIn,
): Promise<void> {
  if (tags.some((tag) => rules.isWrittenOnce(repository, tag))) await caller.forbid(writtenOnce);
}
