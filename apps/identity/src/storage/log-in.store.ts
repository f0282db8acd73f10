import type { Database } from '@berth/persistence';
import type { Epochs } from '../credential.js';
import type { ApiKeyQuestion, LogIns, LogInStore, ServiceLogIn, UserLogIn, UserQuestion } from '../log-in.js';
import type { ServiceId } from '../service-id.js';
import { bothEpochs } from './credential.store.js';
import { groupsOf, refsOf } from './principal-facts.js';
import { userColumns, userOf, type UserRow } from './user.store.js';

const usersOf = {
  name: 'identity-user-log-ins',
  text: `select e.definitions, e.deletions, u.*, case when u.id is null then null else ${groupsOf('user', 'u.id')} end as groups
           from ${bothEpochs}
           left join (
             select ${userColumns} from unnest($1::uuid[], $2::text[]) as asked (account, name)
               join user_account u on u.account = asked.account and u.name = asked.name
             union
             select ${userColumns} from user_account u where u.id = any($3::uuid[])
           ) u on true`,
};

const servicesOf = {
  name: 'identity-service-log-ins',
  text: `select e.definitions, e.deletions, f.*, case when f.id is null then null else ${groupsOf('service', 'f.id')} end as groups
           from ${bothEpochs}
           left join (
             select s.id, s.account, s.name, s.status, s.version, s.created_at, s.changed_at, k.id as key_id,
                    k.name as key_name, k.sha256, k.version as key_version, k.created_at as key_created_at, k.expires_at
               from api_key k join service_id s on s.id = k.service_id
              where k.sha256 = any($1::bytea[]) or k.id = any($2::uuid[])
           ) f on true`,
};

interface ServiceRow {
  readonly id: string;
  readonly account: string;
  readonly name: string;
  readonly status: ServiceId['status'];
  readonly version: number;
  readonly created_at: Date;
  readonly changed_at: Date;
  readonly key_id: string;
  readonly key_name: string | null;
  readonly sha256: Buffer;
  readonly key_version: number;
  readonly key_created_at: Date;
  readonly expires_at: Date | null;
}

type AtEpochs<Row> = Epochs & ((Row & { readonly groups: readonly string[] }) | { readonly id: null });

/** {@link LogInStore} on Postgres. */
export class PostgresLogInStore implements LogInStore {
  constructor(private readonly db: Database) {}

  async users(asked: readonly UserQuestion[]): Promise<LogIns<UserQuestion, UserLogIn>> {
    const names = asked.flatMap((each) => (each.by === 'name' ? [each] : []));
    const rows = await this.db.prepared<AtEpochs<UserRow>>(usersOf, [
      names.map(({ account }) => account),
      names.map(({ name }) => name),
      asked.flatMap((each) => (each.by === 'id' ? [each.id] : [])),
    ]);
    const users = new Map<string, UserLogIn>();
    for (const row of rows) {
      if (row.id === null) continue;
      const logIn = { user: userOf(row), groups: refsOf(row.groups) };
      users.set(row.id, logIn);
      users.set(nameKey(row), logIn);
    }
    return { epochs: epochsOf(rows), found: (each) => users.get(each.by === 'id' ? each.id : nameKey(each)) ?? null };
  }

  async services(asked: readonly ApiKeyQuestion[]): Promise<LogIns<ApiKeyQuestion, ServiceLogIn>> {
    const rows = await this.db.prepared<AtEpochs<ServiceRow>>(servicesOf, [
      asked.flatMap((each) => (each.by === 'secret' ? [each.sha256] : [])),
      asked.flatMap((each) => (each.by === 'id' ? [each.id] : [])),
    ]);
    const services = new Map<string, ServiceLogIn>();
    for (const row of rows) {
      if (row.id === null) continue;
      const logIn = serviceLogInOf(row);
      services.set(row.key_id, logIn);
      services.set(row.sha256.toString('hex'), logIn);
    }
    const keyOf = (each: ApiKeyQuestion) => (each.by === 'id' ? each.id : each.sha256.toString('hex'));
    return { epochs: epochsOf(rows), found: (each) => services.get(keyOf(each)) ?? null };
  }
}

/** No account id contains a `/`. */
function nameKey({ account, name }: { readonly account: string; readonly name: string }): string {
  return `${account}/${name}`;
}

function serviceLogInOf(row: ServiceRow & { readonly groups: readonly string[] }): ServiceLogIn {
  const { id, account, name, status, version } = row;
  return {
    service: {
      ...{ id, account, name, status, version },
      createdAtMs: row.created_at.getTime(),
      changedAtMs: row.changed_at.getTime(),
    },
    key: {
      id: row.key_id,
      name: row.key_name,
      sha256: row.sha256,
      version: row.key_version,
      createdAtMs: row.key_created_at.getTime(),
      expiresAtMs: row.expires_at?.getTime() ?? null,
    },
    groups: refsOf(row.groups),
  };
}

/** The statements give one row at least. */
function epochsOf([first]: readonly Epochs[]): Epochs {
  return { definitions: first?.definitions ?? 0, deletions: first?.deletions ?? 0 };
}
