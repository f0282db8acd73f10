import type { MigrationSource } from '@berth/persistence';

/**
 * Workloads, which log in with tokens of issuers that somebody trusts, and the rules that say which tokens those are. A rule
 * names a subject or a claim, or both. `fingerprint` is over all that a rule asks for: the same rule is there once.
 */
export const federations: MigrationSource = {
  name: 'Federations1700000002105',
  up: [
    `create table workload (
       id uuid primary key,
       account uuid not null,
       name text collate "C" not null,
       version bigint not null,
       created_at timestamptz not null
     )`,
    `create table federation (
       id uuid primary key,
       account uuid not null,
       name text collate "C" not null,
       workload_id uuid not null references workload (id),
       issuer text collate "C" not null,
       audience text,
       subject text,
       claim_name text,
       claim_value text,
       fingerprint bytea not null,
       created_at timestamptz not null,
       constraint federation_name unique (account, name),
       constraint federation_fingerprint unique (account, fingerprint),
       constraint federation_asks check (subject is not null or claim_name is not null),
       constraint federation_claim check ((claim_name is null) = (claim_value is null))
     )`,
    `create index federation_issuer on federation (account, issuer)`,
    `create index federation_workload on federation (workload_id)`,
  ],
  down: [`drop table federation`, `drop table workload`],
};
