import type { Queryable, Transaction } from '@berth/persistence';
import type { PrincipalRef } from '@berth/policy-engine';
import type {
  OwnedPage,
  RepositoryToken,
  SlotNumber,
  TokenKey,
  TokenPage,
  TokenPassword,
  TokenStore,
} from '../repository-token.js';
import { havingScopeMap, scopeMapParameters } from './scope-map-columns.js';
import { filterCondition, filterParameters } from './token-filter.js';
import { dateOrNull, ownerParameters, tokenColumns, tokensOf, type TokenRow } from './token-row.js';

const joined = `select ${tokenColumns} from token t left join token_password p on p.token_id = t.id`;

/** {@link TokenStore} on Postgres. */
export class PostgresTokenStore implements TokenStore {
  async find(db: Queryable, account: string, { registryId, name }: TokenKey): Promise<RepositoryToken | null> {
    const rows = await db.query<TokenRow>(`${joined} where t.account = $1 and t.registry_id = $2 and t.name = $3`, [
      account,
      registryId,
      name,
    ]);
    return tokensOf(rows)[0] ?? null;
  }

  /** The lock comes first and alone: only then are the passwords, which change under it, read as they are now. */
  async lock(tx: Transaction, account: string, key: TokenKey): Promise<RepositoryToken | null> {
    const locked = await tx.query(
      `select id from token where account = $1 and registry_id = $2 and name = $3 for update`,
      [account, key.registryId, key.name],
    );
    return locked.length === 0 ? null : this.find(tx, account, key);
  }

  /** The passwords of each token are looked up for itself: without statistics a join would read all of them. */
  async page(
    db: Queryable,
    account: string,
    { registryId, after, limit, filter }: TokenPage,
  ): Promise<RepositoryToken[]> {
    const rows = await db.query<TokenRow>(
      `select ${tokenColumns}
         from (select id, account, registry_id, name, scope_map_id, system_scope_map, status, expires_at, labels, owner_kind,
                      owner_id, is_personal, version, created_at, changed_at
                 from token where ${filterCondition} order by name limit $10) t
         left join lateral (select slot, sha256, version, created_at, expires_at
                              from token_password where token_id = t.id limit 2) p on true
        order by t.name, p.slot`,
      [account, registryId, after ?? '', ...filterParameters(filter), limit],
    );
    return tokensOf(rows);
  }

  async insert(tx: Transaction, token: RepositoryToken): Promise<boolean> {
    const [scopeMapId, systemScopeMap] = scopeMapParameters(token.scopeMapId);
    const inserted = await tx.query(
      `insert into token (id, account, registry_id, name, scope_map_id, status, expires_at, labels, version, created_at,
                          changed_at, owner_kind, owner_id, system_scope_map, is_personal)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
       on conflict (registry_id, name) do nothing
       returning id`,
      [
        token.id,
        token.account,
        token.registryId,
        token.name,
        scopeMapId,
        token.status,
        dateOrNull(token.expiresAtMs),
        JSON.stringify(token.labels),
        token.version,
        new Date(token.createdAtMs),
        new Date(token.changedAtMs),
        ...ownerParameters(token),
        systemScopeMap,
        token.isPersonal,
      ],
    );
    return inserted.length === 1;
  }

  async update(tx: Transaction, token: RepositoryToken): Promise<void> {
    const [scopeMapId, systemScopeMap] = scopeMapParameters(token.scopeMapId);
    await tx.query(
      `update token set scope_map_id = $3, status = $4, expires_at = $5, labels = $6, version = $7, changed_at = $8,
              owner_kind = $9, owner_id = $10, system_scope_map = $11
        where account = $1 and id = $2`,
      [
        token.account,
        token.id,
        scopeMapId,
        token.status,
        dateOrNull(token.expiresAtMs),
        JSON.stringify(token.labels),
        token.version,
        new Date(token.changedAtMs),
        ...ownerParameters(token),
        systemScopeMap,
      ],
    );
  }

  async delete(tx: Transaction, { account, id }: RepositoryToken): Promise<void> {
    await tx.query(`delete from token_certificate where account = $1 and token_id = $2`, [account, id]);
    await tx.query(`delete from token_password where account = $1 and token_id = $2`, [account, id]);
    await tx.query(`delete from token where account = $1 and id = $2`, [account, id]);
  }

  async putPassword(tx: Transaction, token: RepositoryToken, password: TokenPassword): Promise<void> {
    await tx.query(
      `insert into token_password (token_id, slot, account, sha256, version, created_at, expires_at)
       values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (token_id, slot) do update
         set sha256 = excluded.sha256, version = excluded.version, created_at = excluded.created_at,
             expires_at = excluded.expires_at`,
      [
        token.id,
        password.slot,
        token.account,
        password.sha256,
        password.version,
        new Date(password.createdAtMs),
        dateOrNull(password.expiresAtMs),
      ],
    );
  }

  async deletePassword(tx: Transaction, { account, id }: RepositoryToken, slot: SlotNumber): Promise<void> {
    await tx.query(`delete from token_password where account = $1 and token_id = $2 and slot = $3`, [
      account,
      id,
      slot,
    ]);
  }

  async deleteCredentials(tx: Transaction, { account, id }: RepositoryToken): Promise<readonly SlotNumber[]> {
    await tx.query(`delete from token_password where account = $1 and token_id = $2`, [account, id]);
    const rows = await tx.query<{ slot: SlotNumber }>(
      `delete from token_certificate where account = $1 and token_id = $2 returning slot`,
      [account, id],
    );
    return rows.map(({ slot }) => slot);
  }

  async owned(db: Queryable, { account, owner, after, limit }: OwnedPage): Promise<RepositoryToken[]> {
    const rows = await db.query<TokenRow>(
      `select ${tokenColumns}
         from (select id, account, registry_id, name, scope_map_id, system_scope_map, status, expires_at, labels, owner_kind,
                      owner_id, is_personal, version, created_at, changed_at
                 from token
                where account = $1 and owner_kind = $2 and owner_id = $3 and ($4::uuid is null or id > $4)
                order by id limit $5) t
         left join token_password p on p.token_id = t.id
        order by t.id, p.slot`,
      [account, ...ownerParameters({ owner }), after, limit],
    );
    return tokensOf(rows);
  }

  async countPersonal(db: Queryable, account: string, owner: PrincipalRef): Promise<number> {
    const [row] = await db.query<{ tokens: number }>(
      `select count(*) as tokens from token where account = $1 and owner_kind = $2 and owner_id = $3 and is_personal`,
      [account, ...ownerParameters({ owner })],
    );
    return row?.tokens ?? 0;
  }

  async lockMinting(tx: Transaction, account: string, owner: PrincipalRef): Promise<void> {
    await tx.query(`select pg_advisory_xact_lock(hashtextextended($1, 0))`, [`minting ${account} ${owner}`]);
  }

  async lockOwned(
    tx: Transaction,
    { account, owner, id }: Pick<OwnedPage, 'account' | 'owner'> & { id: string },
  ): Promise<RepositoryToken | null> {
    const [row] = await tx.query<{ registry_id: string; name: string }>(
      `select registry_id, name from token
        where account = $1 and owner_kind = $2 and owner_id = $3 and id = $4 for update`,
      [account, ...ownerParameters({ owner }), id],
    );
    return row === undefined ? null : this.find(tx, account, { registryId: row.registry_id, name: row.name });
  }

  async countOfScopeMap(db: Queryable, scopeMapId: string): Promise<number> {
    const { condition, parameters } = havingScopeMap(scopeMapId);
    const [row] = await db.query<{ tokens: number }>(
      `select count(*) as tokens from token where ${condition}`,
      parameters,
    );
    return row?.tokens ?? 0;
  }
}
