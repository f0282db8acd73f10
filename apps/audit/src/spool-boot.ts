import type { SpoolFrame, SpoolProducer } from '@berth/contracts';
import type { Transaction } from '@berth/persistence';

/** Consecutive numbers of frames, both ends included. */
export interface FrameNumbers {
  readonly first: number;
  readonly last: number;
}

/** How a boot says that it begins: `opened`, naming the boot before it. */
export type OpenedFrame = Extract<SpoolFrame, { kind: 'opened' }>;

/** What has arrived of each boot's spool. Only used behind `EntryLog.lockEnd`. */
export abstract class SpoolBootStore {
  /** Notes numbers as received. @returns those that weren't before, ascending */
  abstract receive(tx: Transaction, producer: SpoolProducer, numbers: FrameNumbers): Promise<FrameNumbers[]>;
  /** Notes which boot used the volume before, and its last number: what of it hasn't arrived is missing. */
  abstract opened(tx: Transaction, producer: SpoolProducer, frame: OpenedFrame): Promise<void>;
  /** Notes that nothing more will come of this boot. */
  abstract closed(tx: Transaction, producer: SpoolProducer): Promise<void>;
}
