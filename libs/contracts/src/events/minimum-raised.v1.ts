import { z } from 'zod';
import { instant, uuid, version } from '../scalars.js';
import { dayLongStateTopic } from '../topic.js';

/**
 * An access token that names `subject` in its `ver` with a lower number is refused from now on. Raised only by a change
 * that takes something away. `version` is the minimum itself: consumers keep the highest.
 */
export const minimum = z.strictObject({
  /** A key of the `ver` claim: `token:<id>`, `slot:<id>/1`, `scope-map:<id>`, `role-assignment:<id>`, `user:<id>`. */
  subject: z.string().max(200),
  account: uuid,
  version,
  raisedAt: instant,
});

export type Minimum = z.infer<typeof minimum>;

export const minimumRaised = dayLongStateTopic<Minimum>({
  name: 'identity.minimum-raised.v1',
  producer: 'identity',
  // One: minima are few, and each partition's heartbeats, a day of them, are read at every start.
  partitions: 1,
  schema: minimum,
  keyOf: (data) => data.subject,
});
