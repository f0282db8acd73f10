import type { StorageLimit } from './content-rules.js';
import type { StorageUsage } from './usage.js';

/** From this part of a limit on people are told, percent. */
const nearPercent = 85;

/** How a limit stands. */
export interface QuotaState extends StorageLimit {
  readonly usedBytes: number;
  /** What may be used or reserved more; negative = that much too much. */
  readonly roomBytes: number;
  /** Whether these bytes, used last, are those that brought it near its limit. */
  isNearAfter(bytes: number): boolean;
}

/** How limits stand by the counters; what isn't counted yet is empty. Pure. */
export function quotaStates(limits: readonly StorageLimit[], usages: readonly StorageUsage[]): readonly QuotaState[] {
  return limits.map(({ namespace, limitBytes }) => {
    const usage = usages.find((each) => each.namespace === namespace);
    const { usedBytes = 0, reservedBytes = 0 } = usage ?? {};
    return {
      ...{ namespace, limitBytes, usedBytes },
      roomBytes: limitBytes - usedBytes - reservedBytes,
      isNearAfter: (bytes) =>
        usedBytes * 100 >= limitBytes * nearPercent && (usedBytes - bytes) * 100 < limitBytes * nearPercent,
    };
  });
}
