import type { MigrationSource } from '@berth/persistence';

/** What a manifest names, but its pusher could not open: it isn't kept for the manifest, nor opened by it. */
export const namedBlobs: MigrationSource = {
  name: 'NamedBlobs1700000003003',
  up: [
    `alter table manifest_reference drop constraint manifest_reference_kind_check,
       add constraint manifest_reference_kind_check check (kind in ('blob', 'manifest', 'named'))`,
  ],
  down: [
    `delete from manifest_reference where kind = 'named'`,
    `alter table manifest_reference drop constraint manifest_reference_kind_check,
       add constraint manifest_reference_kind_check check (kind in ('blob', 'manifest'))`,
  ],
};
