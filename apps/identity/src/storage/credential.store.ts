import type { Database } from '@berth/persistence';
import { credentialKey, type Credentials, type CredentialStore, type CredentialVersions } from '../credential.js';
import type { TokenKey } from '../repository-token.js';
import { tokenColumns, tokensOf, type TokenRow } from './token-row.js';

/** The epoch stands in the same statement, so that both are of one snapshot. */
const versionsOf = {
  name: 'identity-credential-versions',
  text: `select e.epoch, t.id, t.version
           from followed_epoch e left join token t on t.id = any($1::uuid[])
          where e.owner = 'policy'`,
};

const credentialsOf = {
  name: 'identity-credentials',
  text: `select e.epoch, ${tokenColumns}
           from followed_epoch e
           left join (
             unnest($1::uuid[], $2::text[]) as asked (registry_id, name)
             join token t on t.registry_id = asked.registry_id and t.name = asked.name
             left join token_password p on p.token_id = t.id
           ) on true
          where e.owner = 'policy'`,
};

const currentEpoch = { name: 'identity-epoch', text: `select epoch from followed_epoch where owner = 'policy'` };

type AtEpoch<Row> = { readonly epoch: number } & (Row | { readonly id: null });

/** {@link CredentialStore} on Postgres. */
export class PostgresCredentialStore implements CredentialStore {
  constructor(private readonly db: Database) {}

  async versions(tokenIds: readonly string[]): Promise<CredentialVersions> {
    const rows = await this.db.prepared<AtEpoch<{ id: string; version: number }>>(versionsOf, [tokenIds]);
    const versions = new Map<string, number>();
    for (const row of rows) if (row.id !== null) versions.set(row.id, row.version);
    return { epoch: epochOf(rows), versions };
  }

  /** Each name once: the same device may ask several times at once, and a join would give its passwords as often. */
  async read(asked: readonly TokenKey[]): Promise<Credentials> {
    const keys = [...new Map(asked.map((key) => [credentialKey(key), key])).values()];
    const rows = await this.db.prepared<AtEpoch<TokenRow>>(credentialsOf, [
      keys.map(({ registryId }) => registryId),
      keys.map(({ name }) => name),
    ]);
    const known = tokensOf(rows.flatMap((row) => (row.id === null ? [] : [row])));
    return { epoch: epochOf(rows), tokens: new Map(known.map((token) => [credentialKey(token), token])) };
  }

  async epoch(): Promise<number> {
    return epochOf(await this.db.prepared<{ epoch: number }>(currentEpoch));
  }
}

/** No row: nothing was ever followed. */
function epochOf(rows: readonly { readonly epoch: number }[]): number {
  return rows[0]?.epoch ?? 0;
}
