import type { MigrationSource } from '@berth/persistence';

/** Keys are the installation's, so these rows alone have no account. Private halves are sealed with the master key. */
export const signingKeys: MigrationSource = {
  name: 'SigningKeys1700000001002',
  up: [
    `create table signing_key (
       kid text primary key,
       alg text not null,
       public_jwk jsonb not null,
       private_key_sealed bytea not null,
       status text not null check (status in ('active', 'retired', 'revoked')),
       version bigint not null,
       changed_at timestamptz not null
     )`,
  ],
  down: [`drop table signing_key`],
};
