import { isUtf8 } from 'node:buffer';
import { tokensPerBatch } from '../token-batch.js';

/** One line of a body. */
export interface NumberedLine {
  /** From 1, of the whole body. */
  readonly number: number;
  /** Without its end; null = longer than {@link maxLineBytes}, or no UTF-8. */
  readonly text: string | null;
}

/** Longest line that is read, in bytes. */
export const maxLineBytes = 64 * 1024;

/** A batch ends where it holds so many bytes, so that long lines don't fill memory either. */
const maxBatchBytes = 1024 * 1024;

const newline = 0x0a;

/**
 * Cuts a body into batches of lines. Reads on only when the next batch is wanted, and never holds more than one batch and
 * one piece of the body. Ends with an error, and without the lines read so far, when the body breaks off.
 *
 * @param from number of the first line that is wanted; those before are skipped
 */
export async function* lineBatches(body: AsyncIterable<Buffer>, from: number): AsyncGenerator<NumberedLine[]> {
  let batch: NumberedLine[] = [];
  let batchBytes = 0;
  const lines = new LineReader();
  for await (const piece of body) {
    for (const { number, text } of lines.read(piece)) {
      if (number < from) continue;
      batch.push({ number, text });
      batchBytes += text?.length ?? 0;
      if (batch.length < tokensPerBatch && batchBytes < maxBatchBytes) continue;
      yield batch;
      batch = [];
      batchBytes = 0;
    }
  }
  const last = lines.end();
  if (last !== null && last.number >= from) batch.push(last);
  if (batch.length > 0) yield batch;
}

/** Finds the lines in pieces of a body. */
class LineReader {
  private number = 0;
  /** The beginning of a line whose end has not come; at most {@link maxLineBytes} of it. */
  private parts: Buffer[] = [];
  private bytes = 0;

  *read(piece: Buffer): Generator<NumberedLine> {
    let start = 0;
    for (let end = piece.indexOf(newline); end !== -1; end = piece.indexOf(newline, start)) {
      this.keep(piece.subarray(start, end));
      yield this.take();
      start = end + 1;
    }
    this.keep(piece.subarray(start));
  }

  /** What stands behind the last line's end; null = nothing. */
  end(): NumberedLine | null {
    return this.bytes === 0 ? null : this.take();
  }

  private keep(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes > maxLineBytes) this.parts = [];
    else if (part.length > 0) this.parts.push(part);
  }

  private take(): NumberedLine {
    const bytes = Buffer.concat(this.parts);
    const isReadable = this.bytes <= maxLineBytes && isUtf8(bytes);
    this.number += 1;
    this.parts = [];
    this.bytes = 0;
    return { number: this.number, text: isReadable ? bytes.toString('utf8') : null };
  }
}
