import type { Database } from '@berth/persistence';
import { principalRef } from '@berth/policy-engine';
import {
  credentialKey,
  type Credentials,
  type CredentialStore,
  type CredentialVersions,
  type Epochs,
  type TokenCredential,
  type TokenVersions,
} from '../credential.js';
import type { TokenKey } from '../repository-token.js';
import type { TokenOwner } from '../token-owner.js';
import { ownerFacts, ownerVersion, refsOf, type OwnerFactsRow } from './principal-facts.js';
import { tokenColumns, tokensOf, type TokenRow } from './token-row.js';

/** One row: how far both copies are. It stands in the same statement as the rest, so that all are of one snapshot. */
export const bothEpochs = `(
  select coalesce(max(epoch) filter (where owner = 'policy'), 0) as definitions,
         coalesce(max(epoch) filter (where owner = 'registry'), 0) as deletions
    from followed_epoch
) e`;

const versionsOf = {
  name: 'identity-credential-versions',
  text: `select e.definitions, e.deletions, t.id, t.version, ${ownerVersion} as owner_version
           from ${bothEpochs} left join token t on t.id = any($1::uuid[])`,
};

const credentialsOf = {
  name: 'identity-credentials',
  text: `select e.definitions, e.deletions, ${tokenColumns}, ${ownerFacts} as owner_now
           from ${bothEpochs}
           left join (
             unnest($1::uuid[], $2::text[]) as asked (registry_id, name)
             join token t on t.registry_id = asked.registry_id and t.name = asked.name
             left join token_password p on p.token_id = t.id
           ) on true`,
};

const currentEpochs = { name: 'identity-epochs', text: `select e.definitions, e.deletions from ${bothEpochs}` };

interface VersionsRow {
  readonly id: string;
  readonly version: number;
  readonly owner_version: number | null;
}

/** A token's row with what its owner is decided by. */
export type CredentialRow = TokenRow & { readonly owner_now: OwnerFactsRow | null };

type AtEpochs<Row> = Epochs & (Row | { readonly id: null });

/** {@link CredentialStore} on Postgres. */
export class PostgresCredentialStore implements CredentialStore {
  constructor(private readonly db: Database) {}

  async versions(tokenIds: readonly string[]): Promise<CredentialVersions> {
    const rows = await this.db.prepared<AtEpochs<VersionsRow>>(versionsOf, [tokenIds]);
    const versions = new Map<string, TokenVersions>();
    for (const row of rows) {
      if (row.id !== null) versions.set(row.id, { version: row.version, ownerVersion: row.owner_version });
    }
    return { epochs: epochsOf(rows), versions };
  }

  /** Each name once: the same device may ask several times at once, and a join would give its passwords as often. */
  async read(asked: readonly TokenKey[]): Promise<Credentials> {
    const keys = [...new Map(asked.map((key) => [credentialKey(key), key])).values()];
    const rows = await this.db.prepared<AtEpochs<CredentialRow>>(credentialsOf, [
      keys.map(({ registryId }) => registryId),
      keys.map(({ name }) => name),
    ]);
    const known = credentialsIn(rows.flatMap((row) => (row.id === null ? [] : [row])));
    return { epochs: epochsOf(rows), tokens: new Map(known.map((token) => [credentialKey(token), token])) };
  }

  async epochs(): Promise<Epochs> {
    return epochsOf(await this.db.prepared<Epochs>(currentEpochs));
  }
}

/** The credentials of joined rows. */
export function credentialsIn(rows: readonly CredentialRow[]): TokenCredential[] {
  const owners = new Map(rows.map((row) => [row.id, ownerNowOf(row)]));
  return tokensOf(rows).map((token) => ({ ...token, ownerNow: owners.get(token.id) ?? null }));
}

function ownerNowOf({ owner_now: now, owner_kind: kind, owner_id: id }: CredentialRow): TokenOwner | null {
  if (now === null || kind === null || id === null) return null;
  const { status, version, isImported, groups } = now;
  return { ref: principalRef(kind, id), status, version, isImported, groups: refsOf(groups) };
}

/** The statements give one row at least. */
function epochsOf([first]: readonly Epochs[]): Epochs {
  return { definitions: first?.definitions ?? 0, deletions: first?.deletions ?? 0 };
}
