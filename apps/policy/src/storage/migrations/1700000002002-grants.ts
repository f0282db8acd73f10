import type { MigrationSource } from '@berth/persistence';

/** What grants and forbids beside scope maps. As with these, what is deleted leaves no row. */
export const grants: MigrationSource = {
  name: 'Grants1700000002002',
  up: [
    `alter table role_assignment add column condition jsonb`,
    `create index role_assignment_role on role_assignment (account, role)`,
    `alter table scope_map add column conditions jsonb`,
    `create table role_definition (
       id uuid primary key,
       account uuid not null references account (id),
       name text collate "C" not null,
       description text,
       actions text[] not null,
       not_actions text[] not null,
       data_actions text[] not null,
       not_data_actions text[] not null,
       assignable_scopes jsonb not null,
       version bigint not null,
       changed_at timestamptz not null,
       constraint role_definition_name unique (account, name)
     )`,
    `create table access_policy (
       id uuid primary key,
       account uuid not null references account (id),
       subject text collate "C" not null,
       roles text[] not null,
       target jsonb not null,
       version bigint not null,
       changed_at timestamptz not null
     )`,
    `create index access_policy_subject on access_policy (account, subject)`,
    `create table enforcement (
       id uuid primary key,
       account uuid not null references account (id),
       region text collate "C" not null,
       is_enforced boolean not null,
       version bigint not null,
       changed_at timestamptz not null,
       constraint enforcement_region unique (account, region)
     )`,
    `create table anonymous_access (
       registry_id uuid primary key references registry (id),
       account uuid not null references account (id),
       repositories text[] not null,
       version bigint not null,
       changed_at timestamptz not null
     )`,
    `create table prohibition (
       id uuid primary key,
       account uuid not null references account (id),
       cause text not null,
       scope jsonb not null,
       actions text[],
       except_from text[] not null,
       version bigint not null,
       changed_at timestamptz not null
     )`,
    `create index prohibition_registry on prohibition (account, (scope->>'registryId'))`,
  ],
  down: [
    `drop table prohibition`,
    `drop table anonymous_access`,
    `drop table enforcement`,
    `drop table access_policy`,
    `drop table role_definition`,
    `alter table scope_map drop column conditions`,
    `drop index role_assignment_role`,
    `alter table role_assignment drop column condition`,
  ],
};
