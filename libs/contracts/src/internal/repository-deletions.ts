import { repositoryDeletion } from '../events/repository-deleted.v1.js';

/**
 * `POST /internal/repository-deletions` of identity: what the registry publishes of a deletion, handed over before the
 * deletion is answered. 204 once no replica of identity issues an older incarnation; once or often, in any order.
 */
export const repositoryDeletionRequest = repositoryDeletion;
