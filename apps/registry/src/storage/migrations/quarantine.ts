import type { MigrationSource } from '@berth/persistence';

/**
 * What a scanner decided about a digest in a repository. It stays when the manifest is deleted: whoever pushes it again
 * gets what was decided, not another chance.
 */
export const quarantine: MigrationSource = {
  name: 'Quarantine1700000003001',
  up: [
    // release_at: when it is open if nobody decides. changed_by: null = nobody decided in time. closed_until: what a pull
    // goes by; null = open.
    `create table quarantine (
       repository_id uuid not null references repository,
       digest text collate "C" not null,
       account uuid not null,
       state text not null check (state in ('quarantined', 'passed', 'failed')),
       details text,
       release_at timestamptz,
       changed_by text,
       changed_at timestamptz not null,
       closed_until timestamptz generated always as (
         case state when 'passed' then null
                    when 'failed' then 'infinity'::timestamptz
                    else coalesce(release_at, 'infinity'::timestamptz) end) stored,
       primary key (repository_id, digest)
     )`,
    `create index quarantine_by_state on quarantine (repository_id, state, digest)`,
    `create index quarantine_due on quarantine (release_at) where state = 'quarantined' and release_at is not null`,
    // The quarantine's, kept here too so that a pull reads one row. Nearly every manifest has none.
    `alter table manifest add column closed_until timestamptz`,
    `create index manifest_closed on manifest (repository_id, digest) where closed_until is not null`,
  ],
  down: [`drop index manifest_closed`, `alter table manifest drop column closed_until`, `drop table quarantine`],
};
