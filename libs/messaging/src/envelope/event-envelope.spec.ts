import { Kafka, type Message } from 'cloudevents';
import { describe, expect, it } from 'vitest';
import { thing, type Thing } from '../kafka/kafka.suite.js';
import { decodeEvent, encodeEvent, type EventDraft } from './event-envelope.js';

const topic = { name: 'policy.thing-changed.v1', schema: thing, keyOf: ({ id }: Thing) => id };
const draft: EventDraft<Thing> = {
  data: { id: 'a', version: 3 },
  source: 'berth/policy/1',
  id: '01900000-0000-7000-8000-00000000000a',
  at: new Date('2026-11-21T09:00:00.123Z'),
  change: 2 ** 33,
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
};

function valueWith(change: Record<string, unknown>): { value: Buffer } {
  const event: unknown = JSON.parse(encodeEvent(topic, draft).value.toString());
  return { value: Buffer.from(JSON.stringify({ ...Object(event), ...change })) };
}

describe('encodeEvent', () => {
  it('CloudEvents 1.0 JSON format: writes structured JSON that the CloudEvents package reads back', () => {
    const message = encodeEvent(topic, draft);
    expect(message.key).toBe('a');
    expect(JSON.parse(message.value.toString())).toEqual({
      specversion: '1.0',
      id: draft.id,
      type: 'policy.thing-changed.v1',
      source: 'berth/policy/1',
      time: '2026-11-21T09:00:00.123Z',
      datacontenttype: 'application/json',
      change: '8589934592',
      traceparent: draft.traceparent,
      data: { id: 'a', version: 3 },
    });
    expect(message.headers['content-type']).toMatch(/^application\/cloudevents\+json/);
    const record: Message = { headers: message.headers, body: '' };
    const read = Kafka.toEvent(Object.assign(record, { value: message.value.toString(), key: message.key }));
    expect(Array.isArray(read)).toBe(false);
    expect(read).toMatchObject({ id: draft.id, type: topic.name });
  });

  it('is read by decodeEvent as it was said', () => {
    expect(decodeEvent(topic, encodeEvent(topic, draft))).toEqual({
      id: draft.id,
      at: draft.at,
      change: draft.change,
      traceparent: draft.traceparent,
      data: draft.data,
    });
  });

  it('leaves out what was not given', () => {
    const { data, source, id, at } = draft;
    const message = encodeEvent(topic, { data, source, id, at });
    expect(decodeEvent(topic, message)).toMatchObject({ change: null, traceparent: null });
    expect(message.value.toString()).not.toContain('change"');
  });

  it('refuses attributes that make no CloudEvent', () => {
    expect(() => encodeEvent(topic, { ...draft, source: '' })).toThrow(/no CloudEvent/);
  });
});

describe('decodeEvent', () => {
  it.each([
    ['no value', { value: null }, /no value/],
    ['no JSON', { value: Buffer.from('{') }, /no JSON/],
    ['a bare value', { value: Buffer.from('3') }, /envelope/],
    ['no id', valueWith({ id: undefined }), /envelope: id/],
    ['no time', valueWith({ time: undefined }), /envelope: time/],
    ['another version of CloudEvents', valueWith({ specversion: '0.3' }), /envelope: specversion/],
    ['the type of another topic', valueWith({ type: 'policy.thing-changed.v2' }), /type is not/],
    ['a change that is no number', valueWith({ change: '-1' }), /envelope: change/],
    ['data against the schema', valueWith({ data: { id: 'a', version: 0, more: 1 } }), /data: version too_small/],
  ])('refuses a record with %s', (_what, message, reason) => {
    expect(() => decodeEvent(topic, message)).toThrow(
      expect.objectContaining({ kind: 'malformed', code: 'unreadable-record', message: expect.stringMatching(reason) }),
    );
  });

  it('quotes no data in what it says', () => {
    const secret = valueWith({ data: { id: 'a', version: 1, text: 42, password: 'hunter2' } });
    try {
      decodeEvent(topic, secret);
      expect.unreachable();
    } catch (e) {
      expect(String(e)).not.toMatch(/hunter2|42/);
    }
  });

  it('allows extensions that it does not know', () => {
    expect(decodeEvent(topic, valueWith({ region: 'eu' })).data).toEqual(draft.data);
  });
});
