import { activityTopics, spoolFrame, type SpoolFrame } from '@berth/contracts';
import { describe, expect, it } from 'vitest';
import { decodeEvent, encodeEvent } from '../envelope/event-envelope.js';
import { activityEvent } from './activity-event.js';
import { entry } from './spool-entry.suite.js';

const topic = activityTopics.registry;
const at = new Date('2026-11-21T09:00:00Z');
const boot = '01900000-0000-7000-8000-00000000000b';

function event(frames: readonly SpoolFrame[], instance = 'registry-1') {
  const bodies = frames.map((frame) => Buffer.from(JSON.stringify(frame)));
  return activityEvent(topic, { producer: { service: 'registry', instance, boot }, first: 7, bodies, at });
}

describe('activityEvent', () => {
  it.each([
    ['one frame', [{ kind: 'opened', previous: null }]],
    ['several', [{ kind: 'entry', entry: entry(1) }, { kind: 'entry', entry: entry(2) }, { kind: 'closed' }]],
  ])('is byte for byte what encodeEvent makes of %s', (_what, given) => {
    const frames = given.map((frame) => spoolFrame.parse(frame));
    const message = event(frames);
    const { id } = decodeEvent(topic, message);
    const data = { producer: { service: 'registry', instance: 'registry-1', boot } as const, first: 7, frames };
    expect(message).toEqual(encodeEvent(topic, { data, source: 'berth/registry/registry-1', id, at }));
  });

  it('is not misled by an instance that is named like the place of the frames', () => {
    const message = event([{ kind: 'closed' }], 'x"frames":[]');
    expect(decodeEvent(topic, message).data).toMatchObject({
      producer: { instance: 'x"frames":[]' },
      frames: [{ kind: 'closed' }],
    });
  });
});
