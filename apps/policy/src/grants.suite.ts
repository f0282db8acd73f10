import { randomUUID } from 'node:crypto';
import { Spool } from '@berth/messaging';
import { Database } from '@berth/persistence';
import { vi } from 'vitest';
import { recordOf } from './identity-stand-in.suite.js';
import { tokenOf, type Call, type PolicyUnderTest } from './policy.suite.js';

/** Somebody who calls, and by which reference grants name them. */
export interface Somebody {
  readonly ref: `user:${string}` | `service:${string}` | `workload:${string}`;
  readonly token: string;
}

/** A caller nobody knows of: no grant, unless one of the groups has some. */
export function somebody(
  kind: 'user' | 'service' | 'workload' = 'user',
  claims: Parameters<typeof tokenOf>[0] = {},
): Somebody {
  const ref = `${kind}:${randomUUID()}` as const;
  return { ref, token: tokenOf({ sub: ref, name: 'somebody', ...claims }) };
}

/** What specs about grants do again and again, through the API. */
export class Grants {
  constructor(private readonly policy: PolicyUnderTest) {}

  /** One request; as admin when nothing else is said. */
  call(method: NonNullable<Call['method']>, path: string, rest: { body?: unknown; token?: string } = {}) {
    return this.policy.call({ method, path: `/api/v1${path}`, ...rest });
  }

  assign(principal: string, role: string, scope: string, rest: { condition?: unknown; token?: string } = {}) {
    const { token, ...more } = rest;
    const body = { principal, role, scope, ...more };
    return this.call('POST', '/role-assignments', token === undefined ? { body } : { body, token });
  }

  /** A caller who holds one role at one scope. */
  async holderOf(role: string, scope: string): Promise<Somebody> {
    const holder = somebody();
    const { status, json } = await this.assign(holder.ref, role, scope);
    if (status !== 201) throw new Error(JSON.stringify(json));
    return holder;
  }

  /** Another account with an Owner. */
  async stranger(): Promise<Somebody> {
    const db = this.policy.app.get(Database);
    const account = randomUUID();
    const stranger = somebody('user', { acct: account });
    this.policy.identity.principals.push(recordOf(stranger.ref, { account }));
    await db.query(`insert into account (id, name, version, changed_at) values ($1, $2, 1, now())`, [account, account]);
    await db.query(
      `insert into role_assignment (id, account, principal, role, scope, version, changed_at)
       values ($1, $2, $3, 'Owner', '{"kind":"account"}', 1, now())`,
      [randomUUID(), account, stranger.ref],
    );
    return stranger;
  }

  /** What was told of a definition, oldest first: published states or audit entries. */
  async told(what: 'definition-changed' | 'change-recorded', key: string): Promise<Record<string, unknown>[]> {
    const rows = await this.policy.app
      .get(Database)
      .query<{ data: Record<string, unknown> }>(
        `select data from outbox where topic = $1 and (key = $2 or data->'target'->>'resource' = $2) order by id`,
        [`policy.${what}.v1`, key],
      );
    return rows.map(({ data }) => data);
  }

  /** The entries of refusals that are spooled from now on. */
  refusals() {
    return vi.spyOn(this.policy.app.get(Spool), 'append').mock.calls;
  }
}
