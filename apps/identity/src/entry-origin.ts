/** Where a request came from, as an entry of the audit log tells it. */
export interface EntryOrigin {
  readonly address: string | undefined;
  readonly userAgent: string | undefined;
  readonly traceId: string | undefined;
}

const maxUserAgentLength = 256;

/** The parts of an entry that say from where; lengths as the entry allows. */
export function originOf({ address, userAgent, traceId }: EntryOrigin) {
  return {
    source: {
      ...(address === undefined ? {} : { address }),
      ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, maxUserAgentLength) }),
    },
    ...(traceId === undefined ? {} : { traceId }),
  };
}
