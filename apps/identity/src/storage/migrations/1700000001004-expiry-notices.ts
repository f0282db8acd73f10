import type { MigrationSource } from '@berth/persistence';

/** What was told of a password's end, and of which end: another end is told of anew. */
export const expiryNotices: MigrationSource = {
  name: 'ExpiryNotices1700000001004',
  up: [
    `alter table token_password add column noticed_days smallint, add column noticed_end timestamptz`,
    `create index token_password_expiry on token_password (expires_at) where expires_at is not null`,
    `create index token_expiry on token (expires_at) where expires_at is not null`,
  ],
  down: [
    `drop index token_expiry`,
    `drop index token_password_expiry`,
    `alter table token_password drop column noticed_end, drop column noticed_days`,
  ],
};
