import { principalRef } from '@berth/policy-engine';
import type { RepositoryToken, SlotNumber, TokenPassword } from '../repository-token.js';
import { scopeMapIdOf } from './scope-map-columns.js';

type OwnerKind = 'user' | 'service' | 'workload';

/** What a row says of a token itself, whatever else is read with it. */
export interface OneTokenRow {
  readonly id: string;
  readonly account: string;
  readonly registry_id: string;
  readonly name: string;
  readonly scope_map_id: string;
  readonly status: 'enabled' | 'disabled';
  readonly expires_at: Date | null;
  readonly labels: Readonly<Record<string, string>>;
  readonly owner_kind: OwnerKind | null;
  readonly owner_id: string | null;
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
}

/** One row per password of a token, or one with nulls for a token without. */
export interface TokenRow extends OneTokenRow {
  readonly is_personal: boolean;
  readonly slot: SlotNumber | null;
  readonly sha256: Buffer | null;
  readonly password_version: number | null;
  readonly password_created_at: Date | null;
  readonly password_expires_at: Date | null;
}

/** The columns of `TokenRow`, for `token t` left-joined with `token_password p`. */
export const tokenColumns = `t.id, t.account, t.registry_id, t.name, ${scopeMapIdOf('t')} as scope_map_id, t.status, t.expires_at, t.labels,
  t.owner_kind, t.owner_id, t.is_personal, t.version, t.created_at, t.changed_at, p.slot, p.sha256, p.version as password_version,
  p.created_at as password_created_at, p.expires_at as password_expires_at`;

/** The tokens of joined rows, in the order of their first rows; each one's passwords by slot. */
export function tokensOf(rows: readonly TokenRow[]): RepositoryToken[] {
  const byId = new Map<string, RepositoryToken & { passwords: TokenPassword[] }>();
  for (const row of rows) {
    let token = byId.get(row.id);
    if (token === undefined) {
      token = tokenOf(row);
      byId.set(row.id, token);
    }
    const password = passwordOf(row);
    if (password !== null) token.passwords.push(password);
  }
  for (const { passwords } of byId.values()) passwords.sort((a, b) => a.slot - b.slot);
  return [...byId.values()];
}

function tokenOf(row: TokenRow): RepositoryToken & { passwords: TokenPassword[] } {
  return { ...tokenItself(row), isPersonal: row.is_personal, passwords: [] };
}

/** A token without what else is read with it. */
export function tokenItself(row: OneTokenRow): Omit<RepositoryToken, 'isPersonal' | 'passwords'> {
  return {
    id: row.id,
    account: row.account,
    registryId: row.registry_id,
    name: row.name,
    scopeMapId: row.scope_map_id,
    status: row.status,
    expiresAtMs: row.expires_at?.getTime() ?? null,
    labels: row.labels,
    owner: ownerOf(row),
    version: row.version,
    createdAtMs: row.created_at.getTime(),
    changedAtMs: row.changed_at.getTime(),
  };
}

/** The reference in a token's two columns. */
export function ownerOf({ owner_kind: kind, owner_id: id }: Pick<OneTokenRow, 'owner_kind' | 'owner_id'>) {
  return kind === null || id === null ? null : principalRef(kind, id);
}

/** The two columns of a token's owner as parameters. */
export function ownerParameters({ owner }: Pick<RepositoryToken, 'owner'>): [string | null, string | null] {
  const [kind = null, id = null] = owner?.split(':', 2) ?? [];
  return [kind, id];
}

function passwordOf(row: TokenRow): TokenPassword | null {
  if (row.slot === null || row.sha256 === null) return null;
  if (row.password_version === null || row.password_created_at === null) return null;
  return {
    slot: row.slot,
    sha256: row.sha256,
    version: row.password_version,
    createdAtMs: row.password_created_at.getTime(),
    expiresAtMs: row.password_expires_at?.getTime() ?? null,
  };
}

/** A nullable point in time as a parameter. */
export function dateOrNull(ms: number | null): Date | null {
  return ms === null ? null : new Date(ms);
}
