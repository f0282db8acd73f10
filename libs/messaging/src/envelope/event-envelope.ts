import type { Topic } from '@berth/contracts';
import { AppError, errorMessage } from '@berth/errors';
import { CloudEvent, Kafka } from 'cloudevents';
import { z } from 'zod';
import type { OutgoingMessage } from '../relay/event-sender.js';

/** What a producer says of one event. */
export interface EventDraft<Data> {
  readonly data: Data;
  /** `berth/<service>/<instance>`. */
  readonly source: string;
  /** A uuid; a consumer of facts holds by it. */
  readonly id: string;
  /** When it happened. */
  readonly at: Date;
  /** The owner's commit number; state events only. */
  readonly change?: number;
  /** W3C trace context of the request that caused it. */
  readonly traceparent?: string;
}

/** What a consumer reads of one event. */
export interface DecodedEvent<Data> {
  readonly id: string;
  readonly at: Date;
  /** Null when the producer drew none. */
  readonly change: number | null;
  readonly traceparent: string | null;
  readonly data: Data;
}

/** The part of a Kafka record that holds an event. */
export interface IncomingMessage {
  readonly value: Buffer | null;
}

/**
 * Unknown attributes are allowed: CloudEvents lets anyone add extensions. `change` is a string, because the integers of
 * CloudEvents end at 2^31 and a restored owner jumps by 2^32.
 */
const envelope = z.looseObject({
  specversion: z.literal('1.0'),
  id: z.string().min(1).max(200),
  type: z.string(),
  time: z.iso.datetime(),
  change: z
    .string()
    .regex(/^[1-9][0-9]{0,15}$/)
    .optional(),
  traceparent: z.string().max(200).optional(),
  data: z.unknown(),
});

/**
 * Writes one event as a Kafka record: CloudEvents 1.0 in structured JSON, keyed by the topic's `keyOf`. The event's `type`
 * is the topic's name. Doesn't check `data` against the topic's schema: whoever makes the data does, where it can refuse.
 *
 * @throws AppError 'bug' if the attributes make no valid CloudEvent
 * @source CloudEvents 1.0.2 JSON format; Kafka protocol binding section 3.3 (structured mode); distributed tracing extension
 */
export function encodeEvent<Data>(
  topic: Pick<Topic<Data>, 'name' | 'keyOf'>,
  event: EventDraft<Data>,
): OutgoingMessage & { readonly headers: Readonly<Record<string, string>> } {
  const { value, headers } = Kafka.structured(cloudEvent(topic.name, event));
  if (typeof value !== 'string') throw new AppError({ kind: 'bug', message: 'a structured CloudEvent is no text' });
  const contentType = headers['content-type'];
  return {
    key: topic.keyOf(event.data),
    value: Buffer.from(value),
    headers: { 'content-type': typeof contentType === 'string' ? contentType : 'application/cloudevents+json' },
  };
}

function cloudEvent<Data>(type: string, event: EventDraft<Data>): CloudEvent<Data> {
  try {
    return new CloudEvent<Data>({
      id: event.id,
      type,
      source: event.source,
      time: event.at.toISOString(),
      datacontenttype: 'application/json',
      ...(event.change !== undefined && { change: String(event.change) }),
      ...(event.traceparent !== undefined && { traceparent: event.traceparent }),
      data: event.data,
    });
  } catch (e) {
    throw new AppError({
      kind: 'bug',
      message: `an event of ${type} makes no CloudEvent: ${errorMessage(e)}`,
      cause: e,
    });
  }
}

/**
 * Reads one record of a topic and checks it: JSON, the envelope, that its type is the topic's, and `data` against the
 * topic's schema.
 *
 * @throws AppError 'malformed' with code 'unreadable-record', whose message names what is wrong and quotes no data
 */
export function decodeEvent<Data>(
  topic: Pick<Topic<Data>, 'name' | 'schema'>,
  message: IncomingMessage,
): DecodedEvent<Data> {
  if (message.value === null) throw unreadable('the record has no value');
  const event = check('envelope', envelope, parseJson(message.value));
  if (event.type !== topic.name) throw unreadable(`the event's type is not ${topic.name}`);
  return {
    id: event.id,
    at: new Date(event.time),
    change: event.change === undefined ? null : Number(event.change),
    traceparent: event.traceparent ?? null,
    data: check('data', topic.schema, event.data),
  };
}

function parseJson(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString('utf8'));
  } catch (e) {
    throw unreadable('the record is no JSON', e);
  }
}

function check<Value>(what: string, schema: z.ZodType<Value>, value: unknown): Value {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || '(root)'} ${issue.code}`);
  throw unreadable(`${what}: ${issues.join(', ')}`, result.error);
}

function unreadable(message: string, cause?: unknown): AppError {
  return new AppError({ kind: 'malformed', code: 'unreadable-record', message, cause });
}
