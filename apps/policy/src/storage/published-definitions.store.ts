import { definitionChanged, type Definition } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';
import { PublishedDefinitions } from '../published-definitions.js';

/** Reads what the outbox published. */
export class PostgresPublishedDefinitions extends PublishedDefinitions {
  async find(db: Queryable, kind: string, id: string): Promise<Definition | null> {
    const rows = await db.query<{ data: Definition }>(
      `select data from published_state where topic = $1 and key = $2`,
      [definitionChanged.name, `${kind}:${id}`],
    );
    return rows[0]?.data ?? null;
  }
}
