import type { Transaction } from '@berth/persistence';
import {
  tokensPerBatch,
  type ImportedToken,
  type NamedToken,
  type TokenBatchStore,
  type TokenOfBatch,
} from '../token-batch.js';
import type { TokenFilter } from '../token-filter.js';
import { scopeMapIdOf, scopeMapParameters } from './scope-map-columns.js';
import { filterCondition, filterParameters } from './token-filter.js';
import { dateOrNull, tokenItself, type OneTokenRow } from './token-row.js';

interface NamedRow extends OneTokenRow {
  readonly import_id: string | null;
  readonly import_line: number | null;
  readonly has_password: boolean;
}

/** {@link TokenBatchStore} on Postgres. Rows are locked and written in the order of names, so that batches don't deadlock. */
export class PostgresTokenBatchStore implements TokenBatchStore {
  /** The lock comes first and alone: only then is what changes under it read as it is now. */
  async lockNamed(
    tx: Transaction,
    account: string,
    { registryId, names }: { readonly registryId: string; readonly names: readonly string[] },
  ): Promise<NamedToken[]> {
    const key = [account, registryId, names];
    const locked = await tx.query(
      `select id from token where account = $1 and registry_id = $2 and name = any($3) order by name for update`,
      key,
    );
    if (locked.length === 0) return [];
    const rows = await tx.query<NamedRow>(
      `select t.id, t.account, t.registry_id, t.name, ${scopeMapIdOf('t')} as scope_map_id, t.status, t.expires_at,
              t.labels, t.owner_kind, t.owner_id, t.version, t.created_at, t.changed_at, t.import_id, t.import_line,
              exists (select from token_password p where p.token_id = t.id and p.slot = 1) as has_password
         from token t where t.account = $1 and t.registry_id = $2 and t.name = any($3) order by t.name`,
      key,
    );
    return rows.map(namedOf);
  }

  async insert(tx: Transaction, tokens: readonly ImportedToken[]): Promise<ReadonlySet<string>> {
    if (tokens.length === 0) return new Set();
    const sorted = [...tokens].sort((a, b) => (a.name < b.name ? -1 : 1));
    const rows = await tx.query<{ name: string }>(
      `insert into token (id, account, registry_id, name, scope_map_id, status, expires_at, labels, version, created_at,
                          changed_at, import_id, import_line, system_scope_map)
       select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::uuid[], $6::text[], $7::timestamptz[],
                            $8::jsonb[], $9::bigint[], $10::timestamptz[], $11::timestamptz[], $12::text[], $13::integer[],
                            $14::text[])
       on conflict (registry_id, name) do nothing
       returning name`,
      [
        sorted.map(({ id }) => id),
        sorted.map(({ account }) => account),
        sorted.map(({ registryId }) => registryId),
        sorted.map(({ name }) => name),
        sorted.map(({ scopeMapId }) => scopeMapParameters(scopeMapId)[0]),
        sorted.map(({ status }) => status),
        sorted.map(({ expiresAtMs }) => dateOrNull(expiresAtMs)),
        sorted.map(({ labels }) => JSON.stringify(labels)),
        sorted.map(({ version }) => version),
        sorted.map(({ createdAtMs }) => new Date(createdAtMs)),
        sorted.map(({ changedAtMs }) => new Date(changedAtMs)),
        sorted.map(({ importId }) => importId),
        sorted.map(({ importLine }) => importLine),
        sorted.map(({ scopeMapId }) => scopeMapParameters(scopeMapId)[1]),
      ],
    );
    const stored = new Set(rows.map(({ name }) => name));
    await putPasswords(
      tx,
      sorted.filter(({ name }) => stored.has(name)),
    );
    return stored;
  }

  async update(tx: Transaction, tokens: readonly ImportedToken[]): Promise<void> {
    if (tokens.length === 0) return;
    await tx.query(
      `update token t
          set scope_map_id = told.scope_map_id, status = told.status, expires_at = told.expires_at, labels = told.labels,
              version = told.version, changed_at = told.changed_at, system_scope_map = told.system_scope_map
         from unnest($2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[], $6::jsonb[], $7::bigint[], $8::timestamptz[],
                     $9::text[])
           as told (id, scope_map_id, status, expires_at, labels, version, changed_at, system_scope_map)
        where t.account = $1 and t.id = told.id`,
      [
        tokens[0]?.account,
        tokens.map(({ id }) => id),
        tokens.map(({ scopeMapId }) => scopeMapParameters(scopeMapId)[0]),
        tokens.map(({ status }) => status),
        tokens.map(({ expiresAtMs }) => dateOrNull(expiresAtMs)),
        tokens.map(({ labels }) => JSON.stringify(labels)),
        tokens.map(({ version }) => version),
        tokens.map(({ changedAtMs }) => new Date(changedAtMs)),
        tokens.map(({ scopeMapId }) => scopeMapParameters(scopeMapId)[1]),
      ],
    );
    await putPasswords(tx, tokens);
  }

  async lockMatching(
    tx: Transaction,
    account: string,
    {
      registryId,
      after,
      filter,
    }: { readonly registryId: string; readonly after: string; readonly filter: TokenFilter },
  ): Promise<TokenOfBatch[]> {
    return tx.query<TokenOfBatch>(
      `select id, name, account from token where ${filterCondition} order by name limit $10 for update`,
      [account, registryId, after, ...filterParameters(filter), tokensPerBatch],
    );
  }

  async disable(
    tx: Transaction,
    tokens: readonly TokenOfBatch[],
    { version, atMs }: { readonly version: number; readonly atMs: number },
  ): Promise<void> {
    await tx.query(
      `update token set status = 'disabled', version = $3, changed_at = $4 where account = $1 and id = any($2::uuid[])`,
      [tokens[0]?.account, tokens.map(({ id }) => id), version, new Date(atMs)],
    );
  }

  async delete(tx: Transaction, tokens: readonly TokenOfBatch[]): Promise<void> {
    const key = [tokens[0]?.account, tokens.map(({ id }) => id)];
    await tx.query(`delete from token_certificate where account = $1 and token_id = any($2::uuid[])`, key);
    await tx.query(`delete from token_password where account = $1 and token_id = any($2::uuid[])`, key);
    await tx.query(`delete from token where account = $1 and id = any($2::uuid[])`, key);
  }
}

async function putPasswords(tx: Transaction, tokens: readonly ImportedToken[]): Promise<void> {
  const told = tokens.flatMap(({ id, account, password }) => (password === null ? [] : [{ id, account, password }]));
  if (told.length === 0) return;
  await tx.query(
    `insert into token_password (token_id, slot, account, sha256, version, created_at, expires_at)
     select * from unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::bytea[], $5::bigint[], $6::timestamptz[],
                          $7::timestamptz[])
     on conflict (token_id, slot) do update
       set sha256 = excluded.sha256, version = excluded.version, created_at = excluded.created_at,
           expires_at = excluded.expires_at`,
    [
      told.map(({ id }) => id),
      told.map(({ password }) => password.slot),
      told.map(({ account }) => account),
      told.map(({ password }) => password.sha256),
      told.map(({ password }) => password.version),
      told.map(({ password }) => new Date(password.createdAtMs)),
      told.map(({ password }) => dateOrNull(password.expiresAtMs)),
    ],
  );
}

function namedOf(row: NamedRow): NamedToken {
  return {
    ...tokenItself(row),
    importId: row.import_id,
    importLine: row.import_line,
    hasPassword: row.has_password,
  };
}
