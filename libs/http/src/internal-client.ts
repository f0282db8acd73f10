import { AppError, isAppError } from '@berth/errors';
import { z } from 'zod';
import { internalHeader } from './internal-key.js';
import { kindOf } from './status.js';

/** What an {@link InternalClient} is made with. */
export interface InternalClientOptions {
  /** The service that is called, for messages. */
  readonly service: string;
  /** Its replicas; asked in turn. */
  readonly baseUrls: readonly string[];
  /** The internal key in the form in which it is sent. */
  readonly key: string;
  /** For one answer, connecting and other replicas included; 1,000 when left out. */
  readonly timeoutMs?: number;
}

/** One call. */
export interface InternalCall<Answer> {
  /** The answer's shape; an answer that doesn't fit it is a bug. */
  readonly schema: z.ZodType<Answer>;
  /** The management token of the caller for whom it is made: the called service decides as that caller. */
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

interface InternalRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

const problem = z.looseObject({ detail: z.string(), code: z.string().optional() });

/** Calls another service of this installation; never from the path of a pull, a push or an issue. */
export class InternalClient {
  private turn = 0;

  constructor(private readonly options: InternalClientOptions) {}

  /** GET; asks the next replica when one can't be reached. @throws as {@link sendJson} */
  async getJson<Answer>(path: string, call: InternalCall<Answer>): Promise<Answer> {
    return this.callInTurn({ method: 'GET', path, signal: this.deadline() }, call, isUnavailable);
  }

  /**
   * A request with a body, sent once: the next replica is asked only when no connection to one could be made.
   *
   * @throws AppError of the kind, code and message that the service refused with; 'unavailable' when it doesn't answer in
   *   time (a change may have happened); 'bug' for an answer that doesn't fit
   */
  async sendJson<Answer>(
    request: { readonly method: 'POST' | 'PUT'; readonly path: string; readonly body: unknown },
    call: InternalCall<Answer>,
  ): Promise<Answer> {
    return this.callInTurn({ ...request, signal: this.deadline() }, call, wasNeverSent);
  }

  /** Asks one replica after the other as long as `mayGoOn` says so of the error of the last. */
  private async callInTurn<Answer>(
    request: InternalRequest,
    call: InternalCall<Answer>,
    mayGoOn: (error: unknown) => boolean,
  ): Promise<Answer> {
    for (let left = this.options.baseUrls.length - 1; ; left -= 1) {
      try {
        return await this.call(request, call);
      } catch (error) {
        if (left <= 0 || request.signal.aborted || !mayGoOn(error)) throw error;
      }
    }
  }

  private deadline(): AbortSignal {
    return AbortSignal.timeout(this.options.timeoutMs ?? 1000);
  }

  private async call<Answer>(
    { method, path, body, signal }: InternalRequest,
    { schema, token, headers }: InternalCall<Answer>,
  ): Promise<Answer> {
    const { service, key } = this.options;
    const answer = await this.reach(path, {
      method,
      redirect: 'error',
      signal,
      headers: {
        [internalHeader]: key,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status < 200 || answer.status > 299) throw refusal(service, answer);
    const result = schema.safeParse(answer.json);
    if (result.success) return result.data;
    throw new AppError({ kind: 'bug', message: `${service} gave an answer of another shape`, cause: result.error });
  }

  private async reach(path: string, init: RequestInit): Promise<InternalAnswer> {
    const { service, baseUrls } = this.options;
    const baseUrl = baseUrls[this.turn % Math.max(1, baseUrls.length)];
    this.turn += 1;
    try {
      const answer = await fetch(`${baseUrl}${path}`, init);
      const { status, headers } = answer;
      return { status, retryAfter: headers.get('retry-after'), json: parseOr(null, await answer.text()) };
    } catch (cause) {
      throw new AppError({
        kind: 'unavailable',
        code: `${service}-unavailable`,
        // The cause names addresses of ours, and callers see this message.
        message: `${service} does not answer`,
        retryAfterSeconds: 1,
        cause,
      });
    }
  }
}

/** What came back, before anything is made of it. */
interface InternalAnswer {
  readonly status: number;
  /** The header of that name. */
  readonly retryAfter: string | null;
  readonly json: unknown;
}

/** What sockets, the resolver and fetch say when there is no connection. */
const notConnectedCodes: ReadonlySet<unknown> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_CONNECT_TIMEOUT',
]);

function isUnavailable(error: unknown): error is AppError {
  return isAppError(error) && error.kind === 'unavailable';
}

/** Whether the service can't have got anything of the request: fetch's own error has the socket's as its cause. */
function wasNeverSent(error: unknown): boolean {
  if (!isUnavailable(error) || !(error.cause instanceof Error)) return false;
  const { cause } = error.cause;
  return cause instanceof Error && 'code' in cause && notConnectedCodes.has(cause.code);
}

/** What isn't JSON fits no schema, and says nothing as a refusal. */
function parseOr(otherwise: unknown, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return otherwise;
  }
}

/** Whoever is told to come later is told when, or in a second if the service did not say. */
function refusal(service: string, { status, retryAfter, json }: InternalAnswer): AppError {
  const { data } = problem.safeParse(json);
  const kind = kindOf(status);
  const retryAfterSeconds = /^\d{1,5}$/.test(retryAfter ?? '') ? Number(retryAfter) : 1;
  return new AppError({
    kind,
    code: data?.code,
    message: data?.detail ?? `${service} answered ${status}`,
    ...(kind === 'unavailable' || kind === 'rate-limited' ? { retryAfterSeconds } : {}),
  });
}
