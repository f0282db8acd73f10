import type { Queryable, Transaction } from '@berth/persistence';
import { principalRef, type PrincipalRef } from '@berth/policy-engine';
import type { Group, GroupStore, Member, MemberPage, MemberRef } from '../group.js';
import type { PrincipalPage } from '../user.js';

interface GroupRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly issuer: string | null;
  readonly version: number;
  readonly created_at: Date;
}

/** Members that one statement locks or changes. */
const perStatement = 1000;

const columns = 'g.id, g.account, g.name, g.issuer, g.version, g.created_at';

/** {@link GroupStore} on Postgres. */
export class PostgresGroupStore implements GroupStore {
  async find(db: Queryable, account: string, id: string): Promise<Group | null> {
    const [row] = await db.query<GroupRow>(
      `select ${columns} from principal_group g where g.account = $1 and g.id = $2`,
      [account, id],
    );
    return row === undefined ? null : groupOf(row);
  }

  async lock(tx: Transaction, account: string, id: string): Promise<Group | null> {
    const [row] = await tx.query<GroupRow>(
      `select ${columns} from principal_group g where g.account = $1 and g.id = $2 for update`,
      [account, id],
    );
    return row === undefined ? null : groupOf(row);
  }

  async page(db: Queryable, account: string, { after, limit }: PrincipalPage): Promise<Group[]> {
    const rows = await db.query<GroupRow>(
      `select ${columns} from principal_group g where g.account = $1 and g.name > $2 order by g.name limit $3`,
      [account, after ?? '', limit],
    );
    return rows.map(groupOf);
  }

  async insert(tx: Transaction, { id, account, name, issuer, version, createdAtMs }: Group): Promise<boolean> {
    const inserted = await tx.query(
      `insert into principal_group (id, account, name, issuer, version, created_at) values ($1, $2, $3, $4, $5, $6)
       on conflict (account, name) do nothing
       returning id`,
      [id, account, name, issuer, version, new Date(createdAtMs)],
    );
    return inserted.length === 1;
  }

  async delete(tx: Transaction, { account, id }: Group): Promise<void> {
    await tx.query(`delete from group_member where account = $1 and group_id = $2`, [account, id]);
    await tx.query(`delete from principal_group where account = $1 and id = $2`, [account, id]);
  }

  async members(db: Queryable, { account, id }: Group, { after, limit }: MemberPage): Promise<Member[]> {
    return db.query<{ kind: Member['kind']; id: string; name: string }>(
      `select m.member_kind as kind, m.member_id as id, coalesce(u.name, s.name, '') as name
         from group_member m
         left join user_account u on m.member_kind = 'user' and u.id = m.member_id
         left join service_id s on m.member_kind = 'service' and s.id = m.member_id
        where m.account = $1 and m.group_id = $2 and (m.member_kind || ':' || m.member_id) collate "C" > $3
        order by (m.member_kind || ':' || m.member_id) collate "C" limit $4`,
      [account, id, after ?? '', limit],
    );
  }

  async countMembers(db: Queryable, { id }: Group): Promise<number> {
    const text = `select count(*) as found from group_member where group_id = $1`;
    const [row] = await db.query<{ found: number }>(text, [id]);
    return row?.found ?? 0;
  }

  async groupsOf(db: Queryable, { kind, id }: MemberRef): Promise<PrincipalRef[]> {
    const rows = await db.query<{ id: string }>(
      `select group_id as id from group_member where member_kind = $1 and member_id = $2 order by group_id`,
      [kind, id],
    );
    return rows.map((row) => principalRef('group', row.id));
  }

  async lockMember(tx: Transaction, account: string, { kind, id }: MemberRef): Promise<Member | null> {
    const [row] = await tx.query<{ name: string }>(
      kind === 'user'
        ? `select name from user_account where account = $1 and id = $2 for update`
        : `select name from service_id where account = $1 and id = $2 for update`,
      [account, id],
    );
    return row === undefined ? null : { kind, id, name: row.name };
  }

  /** Service IDs and users each in the order of ids, as in every transaction that locks several of them. */
  async lockMembers(tx: Transaction, group: Group): Promise<Member[]> {
    return [...(await this.lockAll(tx, group, 'service')), ...(await this.lockAll(tx, group, 'user'))];
  }

  private async lockAll(tx: Transaction, { account, id }: Group, kind: Member['kind']): Promise<Member[]> {
    const table = kind === 'user' ? 'user_account' : 'service_id';
    const locked: Member[] = [];
    for (;;) {
      const rows = await tx.query<{ id: string; name: string }>(
        `select id, name from ${table}
          where account = $1 and ($3::uuid is null or id > $3)
            and id in (select member_id from group_member where account = $1 and group_id = $2 and member_kind = $4)
          order by id limit $5 for update`,
        [account, id, locked.at(-1)?.id ?? null, kind, perStatement],
      );
      locked.push(...rows.map((row) => ({ kind, ...row })));
      if (rows.length < perStatement) return locked;
    }
  }

  async add(
    tx: Transaction,
    { account, id }: Group,
    place: MemberRef & { readonly addedAtMs: number },
  ): Promise<boolean> {
    const added = await tx.query(
      `insert into group_member (group_id, member_kind, member_id, account, added_at) values ($1, $2, $3, $4, $5)
       on conflict (group_id, member_kind, member_id) do nothing
       returning member_id`,
      [id, place.kind, place.id, account, new Date(place.addedAtMs)],
    );
    return added.length === 1;
  }

  async remove(tx: Transaction, { account, id }: Group, member: MemberRef): Promise<boolean> {
    const removed = await tx.query(
      `delete from group_member where account = $1 and group_id = $2 and member_kind = $3 and member_id = $4
       returning member_id`,
      [account, id, member.kind, member.id],
    );
    return removed.length === 1;
  }

  async touch(
    tx: Transaction,
    account: string,
    { members, version }: { members: readonly MemberRef[]; version: number },
  ): Promise<void> {
    for (let at = 0; at < members.length; at += perStatement) {
      await this.touchSome(tx, account, { members: members.slice(at, at + perStatement), version });
    }
  }

  private async touchSome(
    tx: Transaction,
    account: string,
    { members, version }: { members: readonly MemberRef[]; version: number },
  ): Promise<void> {
    const idsOf = (kind: MemberRef['kind']) => members.filter((each) => each.kind === kind).map(({ id }) => id);
    const users = idsOf('user');
    const services = idsOf('service');
    if (users.length > 0) {
      await tx.query(
        `update user_account set version = $3, password_version = coalesce(password_version, version)
          where account = $1 and id = any($2::uuid[])`,
        [account, users, version],
      );
    }
    if (services.length > 0) {
      await tx.query(`update service_id set version = $3 where account = $1 and id = any($2::uuid[])`, [
        account,
        services,
        version,
      ]);
    }
  }
}

function groupOf({ created_at: createdAt, ...rest }: GroupRow): Group {
  return { ...rest, createdAtMs: createdAt.getTime() };
}
