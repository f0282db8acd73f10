import type { MigrationSource } from '@berth/persistence';

/** Where a blob is counted is asked when it is looked at. */
export const countedByDigest: MigrationSource = {
  name: 'CountedByDigest1700000003004',
  up: [`create index counted_blob_by_digest on counted_blob (digest)`],
  down: [`drop index counted_blob_by_digest`],
};
