import type { MigrationSource } from '@berth/persistence';

/**
 * When each key begins to sign, and no private half of a key that may sign no more. Null in `signs_from`, as older code
 * writes it, is the time of the row's last change.
 */
export const signingKeySchedule: MigrationSource = {
  name: 'SigningKeySchedule1700000001003',
  up: [
    `alter table signing_key add column signs_from timestamptz`,
    `alter table signing_key alter column private_key_sealed drop not null`,
  ],
  down: [
    `delete from signing_key where private_key_sealed is null`,
    `alter table signing_key alter column private_key_sealed set not null`,
    `alter table signing_key drop column signs_from`,
  ],
};
