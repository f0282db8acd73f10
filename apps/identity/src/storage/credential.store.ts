import type { Database } from '@berth/persistence';
import {
  credentialKey,
  type Credentials,
  type CredentialStore,
  type CredentialVersions,
  type Epochs,
} from '../credential.js';
import type { TokenKey } from '../repository-token.js';
import { tokenColumns, tokensOf, type TokenRow } from './token-row.js';

/** One row: how far both copies are. It stands in the same statement as the rest, so that all are of one snapshot. */
export const bothEpochs = `(
  select coalesce(max(epoch) filter (where owner = 'policy'), 0) as definitions,
         coalesce(max(epoch) filter (where owner = 'registry'), 0) as deletions
    from followed_epoch
) e`;

const versionsOf = {
  name: 'identity-credential-versions',
  text: `select e.definitions, e.deletions, t.id, t.version
           from ${bothEpochs} left join token t on t.id = any($1::uuid[])`,
};

const credentialsOf = {
  name: 'identity-credentials',
  text: `select e.definitions, e.deletions, ${tokenColumns}
           from ${bothEpochs}
           left join (
             unnest($1::uuid[], $2::text[]) as asked (registry_id, name)
             join token t on t.registry_id = asked.registry_id and t.name = asked.name
             left join token_password p on p.token_id = t.id
           ) on true`,
};

const currentEpochs = { name: 'identity-epochs', text: `select e.definitions, e.deletions from ${bothEpochs}` };

type AtEpochs<Row> = Epochs & (Row | { readonly id: null });

/** {@link CredentialStore} on Postgres. */
export class PostgresCredentialStore implements CredentialStore {
  constructor(private readonly db: Database) {}

  async versions(tokenIds: readonly string[]): Promise<CredentialVersions> {
    const rows = await this.db.prepared<AtEpochs<{ id: string; version: number }>>(versionsOf, [tokenIds]);
    const versions = new Map<string, number>();
    for (const row of rows) if (row.id !== null) versions.set(row.id, row.version);
    return { epochs: epochsOf(rows), versions };
  }

  /** Each name once: the same device may ask several times at once, and a join would give its passwords as often. */
  async read(asked: readonly TokenKey[]): Promise<Credentials> {
    const keys = [...new Map(asked.map((key) => [credentialKey(key), key])).values()];
    const rows = await this.db.prepared<AtEpochs<TokenRow>>(credentialsOf, [
      keys.map(({ registryId }) => registryId),
      keys.map(({ name }) => name),
    ]);
    const known = tokensOf(rows.flatMap((row) => (row.id === null ? [] : [row])));
    return { epochs: epochsOf(rows), tokens: new Map(known.map((token) => [credentialKey(token), token])) };
  }

  async epochs(): Promise<Epochs> {
    return epochsOf(await this.db.prepared<Epochs>(currentEpochs));
  }
}

/** The statements give one row at least. */
function epochsOf([first]: readonly Epochs[]): Epochs {
  return { definitions: first?.definitions ?? 0, deletions: first?.deletions ?? 0 };
}
