import type { ContentPoliciesDefinition } from '@berth/contracts';
import type { Queryable, Transaction } from '@berth/persistence';
import { ContentPolicyStore, type ContentPolicies } from '../content-policies.js';

interface ContentPoliciesRow extends ContentPolicies {
  readonly registry_id: string;
  readonly account: string;
  readonly version: number;
  readonly changed_at: Date;
}

const columns = 'registry_id, account, quarantine, immutability, quota, version, changed_at';

/** Content policies in Postgres. */
export class PostgresContentPolicyStore extends ContentPolicyStore {
  async find(db: Queryable, account: string, registryId: string): Promise<ContentPoliciesDefinition | null> {
    const sql = `select ${columns} from content_policies where account = $1 and registry_id = $2`;
    return (await db.query<ContentPoliciesRow>(sql, [account, registryId])).map(policiesOf)[0] ?? null;
  }

  async put(tx: Transaction, policies: ContentPoliciesDefinition): Promise<void> {
    const { registryId, account, quarantine, immutability, quota, version, changedAt } = policies;
    const parts = [quarantine, immutability, quota].map((part) => JSON.stringify(part));
    await tx.query(
      `insert into content_policies (${columns}) values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (registry_id) do update
         set quarantine = excluded.quarantine, immutability = excluded.immutability, quota = excluded.quota,
             version = excluded.version, changed_at = excluded.changed_at`,
      [registryId, account, ...parts, version, changedAt],
    );
  }
}

function policiesOf({ registry_id, changed_at, ...row }: ContentPoliciesRow): ContentPoliciesDefinition {
  return {
    kind: 'content-policies',
    id: registry_id,
    ...row,
    registryId: registry_id,
    status: 'active',
    changedAt: changed_at.toISOString(),
  };
}
