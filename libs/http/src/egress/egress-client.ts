import { AppError } from '@berth/errors';
import type { LookupAddress } from 'node:dns';
import { lookup } from 'node:dns/promises';
import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { LookupFunction } from 'node:net';
import type { EgressAllow } from './egress-allow.js';
import { egressAddress, mayConnect } from './egress-address.js';

export interface EgressClientOptions {
  readonly allow: EgressAllow;
  /** For one exchange as a whole, looking up and connecting included; 5,000 when left out. */
  readonly timeoutMs?: number;
  /** Longest body of an answer; 64 KiB when left out. */
  readonly maxBytes?: number;
  /** All addresses of a name; the system's resolver when left out. */
  readonly resolve?: (host: string) => Promise<readonly LookupAddress[]>;
}

/** One request to somebody else's server. */
export interface EgressRequest {
  readonly url: string;
  /** GET when left out. */
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array;
}

/** A whole answer, of any status but a redirect. */
export interface EgressAnswer {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** What keeps an exchange from happening, or ends it. */
export type EgressFailure = 'not-allowed' | 'redirect' | 'encoded' | 'too-large' | 'timeout' | 'failed';

/**
 * Sends requests to servers that somebody outside chose: webhooks, identity providers, sources of imports. They reach the
 * public internet by https, and whatever else the operator names; never this machine, its network or its cloud. Which
 * address a name stands for is checked when the connection is made, by the look-up that the connection uses, so that a
 * name can't change between check and use. Redirects are not followed. Time and size of an answer are bounded, so that a
 * server that says too much, or a byte now and then, ends by itself. Each exchange has a connection of its own.
 */
export class EgressClient {
  private readonly resolve: (host: string) => Promise<readonly LookupAddress[]>;

  constructor(private readonly options: EgressClientOptions) {
    this.resolve = options.resolve ?? ((host) => lookup(host, { all: true }));
  }

  /**
   * @returns what the server answered, whatever its status
   * @throws AppError 'malformed' for an address that may not be used at all; 'unavailable' with code `egress-<failure>` (an
   *   {@link EgressFailure}) for one that may not be connected to, and for no whole answer; its message names nothing that
   *   was found out about the network, its cause does
   */
  async send(request: EgressRequest): Promise<EgressAnswer> {
    const url = egressAddress(request.url, this.options.allow);
    const signal = AbortSignal.timeout(this.options.timeoutMs ?? 5_000);
    try {
      return await this.exchange(url, request, signal);
    } catch (cause) {
      throw failure(signal.aborted ? 'timeout' : failureOf(cause), url, cause);
    }
  }

  private exchange(url: URL, { method = 'GET', headers, body }: EgressRequest, signal: AbortSignal) {
    const { maxBytes = 64 * 1024 } = this.options;
    return new Promise<EgressAnswer>((resolve, reject) => {
      const send = url.protocol === 'https:' ? requestHttps : requestHttp;
      // An agent of its own for each request: no connection outlives the check of its address.
      const options = { method, agent: false, signal, lookup: this.lookupFor(url), maxHeaderSize: 16 * 1024 };
      const outgoing = send(url, { ...options, headers: { ...headers, 'accept-encoding': 'identity' } });
      outgoing.on('error', reject);
      outgoing.on('response', (answer) => {
        readAnswer(answer, maxBytes)
          .then(resolve, reject)
          .finally(() => outgoing.destroy());
      });
      outgoing.end(body);
    });
  }

  /** The only look-up of a connection: what it gives is what is connected to. */
  private lookupFor(url: URL): LookupFunction {
    return (host, { all }, done) => {
      this.resolve(host).then(
        (found) => {
          const usable = found.filter(({ address }) => mayConnect(url, address, this.options.allow));
          const [first] = usable;
          if (first === undefined) done(new EgressEnd('not-allowed'), '');
          else if (all === true)
            done(
              null,
              usable.map(({ address, family }) => ({ address, family })),
            );
          else done(null, first.address, first.family);
        },
        (cause: unknown) => done(cause instanceof Error ? cause : new EgressEnd('failed'), ''),
      );
    };
  }
}

/** The end of an exchange that this client brings about. */
class EgressEnd extends Error {
  constructor(readonly failure: EgressFailure) {
    super(`outgoing request: ${failure}`);
  }
}

async function readAnswer(answer: IncomingMessage, maxBytes: number): Promise<EgressAnswer> {
  const { statusCode: status = 0, headers } = answer;
  if (status >= 300 && status <= 399) throw new EgressEnd('redirect');
  // What is packed may be a thousand times as large unpacked; none was asked for.
  if (!['', 'identity'].includes(headers['content-encoding'] ?? '')) throw new EgressEnd('encoded');
  if (Number(headers['content-length'] ?? 0) > maxBytes) throw new EgressEnd('too-large');
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    bytes += part.length;
    if (bytes > maxBytes) throw new EgressEnd('too-large');
    parts.push(part);
  }
  return { status, headers: plainHeaders(answer), body: Buffer.concat(parts) };
}

function plainHeaders({ headers }: IncomingMessage): Record<string, string> {
  const pairs = Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value[0] : value]);
  return Object.fromEntries(pairs) as Record<string, string>;
}

function failureOf(cause: unknown): EgressFailure {
  return cause instanceof EgressEnd ? cause.failure : 'failed';
}

function failure(what: EgressFailure, url: URL, cause: unknown): AppError {
  return new AppError({
    kind: 'unavailable',
    code: `egress-${what}`,
    message: `${url.host} gave no usable answer`,
    retryAfterSeconds: 5,
    cause,
  });
}
