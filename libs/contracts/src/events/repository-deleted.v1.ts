import { z } from 'zod';
import { instant, uuid, version } from '../scalars.js';
import { dayLongStateTopic } from '../topic.js';

/**
 * A repository was deleted. An access token whose entry names a lower incarnation of it was issued for what is gone, and
 * is refused from now on. `version` is the incarnation itself, from the registry's sequence: never counted, so a record
 * may be forgotten once no older token is alive, and the next deletion still gets a higher number.
 */
export const repositoryDeletion = z.strictObject({
  registryId: uuid,
  account: uuid,
  /** The repository's name. */
  repository: z.string().min(1).max(255),
  version,
  deletedAt: instant,
});

export type RepositoryDeletion = z.infer<typeof repositoryDeletion>;

/** `<registryId>/<repository>`, the key of a deletion's records; no registry id contains a `/`. */
export function repositoryDeletionKey(d: Pick<RepositoryDeletion, 'registryId' | 'repository'>): string {
  return `${d.registryId}/${d.repository}`;
}

export const repositoryDeleted = dayLongStateTopic<RepositoryDeletion>({
  name: 'registry.repository-deleted.v1',
  producer: 'registry',
  // One: deletions are few, and each partition's heartbeats, a day of them, are read at every start.
  partitions: 1,
  schema: repositoryDeletion,
  keyOf: repositoryDeletionKey,
});
