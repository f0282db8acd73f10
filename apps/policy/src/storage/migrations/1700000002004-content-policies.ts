import type { MigrationSource } from '@berth/persistence';

/** What people decide about the contents of a registry: a row once somebody did, each part as it is published. */
export const contentPolicies: MigrationSource = {
  name: 'ContentPolicies1700000002004',
  up: [
    `create table content_policies (
       registry_id uuid primary key references registry (id),
       account uuid not null references account (id),
       quarantine jsonb not null,
       immutability jsonb not null,
       quota jsonb not null,
       version bigint not null,
       changed_at timestamptz not null
     )`,
  ],
  down: [`drop table content_policies`],
};
