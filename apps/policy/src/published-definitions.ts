import type { Definition } from '@berth/contracts';
import type { Queryable } from '@berth/persistence';

/** The definitions as other services follow them, each in its latest state. */
export abstract class PublishedDefinitions {
  /** Null when there never was one; a deleted one says so itself. */
  abstract find(db: Queryable, kind: string, id: string): Promise<Definition | null>;
}
