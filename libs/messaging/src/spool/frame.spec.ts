import { describe, expect, it } from 'vitest';
import { findFrames, FrameBuffer } from './frame.js';

const all = { frames: Infinity, bytes: Infinity };

function framed(...texts: string[]): Buffer {
  return Buffer.from(new FrameBuffer().frames(texts));
}

function found(stretch: Buffer, limit = all) {
  const { bodies, end, isDamaged } = findFrames(stretch, limit);
  return { texts: bodies.map(String), end, isDamaged };
}

describe('frames', () => {
  it('come back as they went in, beyond ASCII and beyond the first size of the buffer', () => {
    const texts = ['{}', 'é€😀', 'x'.repeat(16_000), ...Array.from({ length: 100 }, (_, n) => `${n}`.repeat(1_000))];
    const bytes = framed(...texts);
    expect(found(bytes)).toEqual({ texts, end: bytes.length, isDamaged: false });
  });

  it('use their memory again without mixing', () => {
    const buffer = new FrameBuffer();
    const first = Buffer.from(buffer.frames(['a long first text']));
    expect(found(Buffer.from(buffer.frames(['b'])))).toMatchObject({ texts: ['b'] });
    expect(found(first)).toMatchObject({ texts: ['a long first text'] });
  });

  it('end before a torn one, wherever it is torn', () => {
    const whole = framed('one', 'two').length;
    const bytes = framed('one', 'two', 'three');
    for (let length = whole; length < bytes.length; length += 1) {
      expect(found(bytes.subarray(0, length))).toEqual({ texts: ['one', 'two'], end: whole, isDamaged: false });
    }
  });

  it('end before a changed byte, whichever it is', () => {
    const whole = framed('one').length;
    for (let at = whole; at < framed('one', 'two').length; at += 1) {
      const bytes = framed('one', 'two', 'three');
      bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
      expect(found(bytes)).toMatchObject({ texts: ['one'], end: whole });
    }
  });

  it('end before zeros, as a disk shows them that lost power', () => {
    expect(found(Buffer.concat([framed('one'), Buffer.alloc(64)]))).toMatchObject({ texts: ['one'], isDamaged: true });
  });

  it('are found up to a limit of frames or bytes, at least one', () => {
    const bytes = framed('one', 'two', 'three');
    expect(found(bytes, { frames: 2, bytes: Infinity }).texts).toEqual(['one', 'two']);
    expect(found(bytes, { frames: 9, bytes: 1 }).texts).toEqual(['one']);
  });
});
