import type { Topic } from '@berth/contracts';

/** A topic as a consumer takes it, whatever its data. */
export type ConsumableTopic = Pick<Topic<unknown>, 'name' | 'delivery' | 'partitions' | 'schema'>;
