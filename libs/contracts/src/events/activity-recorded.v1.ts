import { z } from 'zod';
import { entryDraft } from '../audit-entry.js';
import { services, type Service } from '../ids.js';
import { uuid } from '../scalars.js';
import { workTopic } from '../topic.js';

/** Who wrote a spool: one boot of one instance of one service. Numbers start at 1 in each boot. */
export const spoolProducer = z.strictObject({ service: z.enum(services), instance: z.string().max(64), boot: uuid });
export type SpoolProducer = z.infer<typeof spoolProducer>;

/** One frame of a spool. The first is `opened` (with the boot found on that volume before), the last of a clean stop `closed`. */
export const spoolFrame = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('opened'),
    previous: z.strictObject({ boot: uuid, last: z.int().nonnegative() }).nullable(),
  }),
  z.strictObject({ kind: z.literal('entry'), entry: entryDraft }),
  z.strictObject({ kind: z.literal('closed') }),
]);
export type SpoolFrame = z.infer<typeof spoolFrame>;

/** Up to 500 consecutive frames of one producer; frame i has number `first + i`. */
export const activityBatch = z.strictObject({
  producer: spoolProducer,
  first: z.int().positive(),
  frames: z.array(spoolFrame).min(1).max(500),
});
export type ActivityBatch = z.infer<typeof activityBatch>;

/** Pulls, refusals and log-ins of one service, too many for a transaction each; keyed by producer. */
function activityRecorded(service: Service) {
  return workTopic<ActivityBatch>({
    name: `${service}.activity-recorded.v1`,
    producer: service,
    partitions: 6,
    schema: activityBatch,
    keyOf: ({ producer }) => `${producer.service}/${producer.instance}/${producer.boot}`,
  });
}

export const activityTopics = {
  identity: activityRecorded('identity'),
  policy: activityRecorded('policy'),
  registry: activityRecorded('registry'),
  audit: activityRecorded('audit'),
} as const;
