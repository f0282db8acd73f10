import { AppError, errorMessage } from '@berth/errors';
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
  /** For one answer, connecting included; 1,000 when left out. */
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

const problem = z.looseObject({ detail: z.string(), code: z.string().optional() });

/** Calls another service of this installation; never from the path of a pull, a push or an issue. */
export class InternalClient {
  private turn = 0;

  constructor(private readonly options: InternalClientOptions) {}

  /** GET; asks the next replica when one can't be reached. @throws as {@link sendJson} */
  async getJson<Answer>(path: string, call: InternalCall<Answer>): Promise<Answer> {
    const { baseUrls } = this.options;
    let last: unknown;
    for (let tries = 0; tries < Math.max(1, baseUrls.length); tries += 1) {
      try {
        return await this.call({ method: 'GET', path }, call);
      } catch (error) {
        if (!(error instanceof AppError) || error.kind !== 'unavailable') throw error;
        last = error;
      }
    }
    throw last;
  }

  /**
   * A request with a body, sent once.
   *
   * @throws AppError of the kind, code and message that the service refused with; 'unavailable' when it doesn't answer in
   *   time (a change may have happened); 'bug' for an answer that doesn't fit
   */
  async sendJson<Answer>(
    request: { readonly method: 'POST' | 'PUT'; readonly path: string; readonly body: unknown },
    call: InternalCall<Answer>,
  ): Promise<Answer> {
    return this.call(request, call);
  }

  private async call<Answer>(
    { method, path, body }: { readonly method: string; readonly path: string; readonly body?: unknown },
    { schema, token, headers }: InternalCall<Answer>,
  ): Promise<Answer> {
    const { service, key, timeoutMs = 1000 } = this.options;
    const answer = await this.reach(path, {
      method,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
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

  private async reach(path: string, init: RequestInit): Promise<{ status: number; json: unknown }> {
    const { service, baseUrls } = this.options;
    const baseUrl = baseUrls[this.turn % Math.max(1, baseUrls.length)];
    this.turn += 1;
    try {
      const answer = await fetch(`${baseUrl}${path}`, init);
      const text = await answer.text();
      return { status: answer.status, json: text === '' ? null : JSON.parse(text) };
    } catch (cause) {
      throw new AppError({
        kind: 'unavailable',
        code: `${service}-unavailable`,
        message: `${service} does not answer: ${errorMessage(cause)}`,
        retryAfterSeconds: 1,
        cause,
      });
    }
  }
}

function refusal(service: string, { status, json }: { status: number; json: unknown }): AppError {
  const { data } = problem.safeParse(json);
  const kind = kindOf(status);
  return new AppError({
    kind,
    code: data?.code,
    message: data?.detail ?? `${service} answered ${status}`,
    ...(kind === 'unavailable' ? { retryAfterSeconds: 1 } : {}),
  });
}
