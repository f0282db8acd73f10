import type { EntryDraft } from '@berth/contracts';

/** Where a request came from; what isn't known is undefined or null. */
export interface EntryOrigin {
  readonly address: string | null | undefined;
  readonly userAgent: string | null | undefined;
  readonly traceId: string | null | undefined;
}

const maxAddressLength = 64;
const maxUserAgentLength = 256;

/** The parts of an entry of the audit log that say from where; lengths as the entry allows. */
export function originOf({ address, userAgent, traceId }: EntryOrigin): Pick<EntryDraft, 'source' | 'traceId'> {
  return {
    source: {
      ...(address == null ? {} : { address: address.slice(0, maxAddressLength) }),
      ...(userAgent == null ? {} : { userAgent: userAgent.slice(0, maxUserAgentLength) }),
    },
    ...(traceId == null ? {} : { traceId }),
  };
}
