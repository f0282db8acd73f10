import { AppError } from '@berth/errors';

/*
 * A token carries r and s side by side; OpenSSL speaks DER. Node converts too (`dsaEncoding: 'ieee-p1363'`), but its
 * options object makes it prepare the key at each call, which doubles the cost of a signature.
 */

const numberBytes = 32;
const sequence = 0x30;
const integer = 0x02;

/** r and s of a P-256 signature, 32 bytes each, from its DER form as OpenSSL writes it. @source RFC 7518 section 3.4 */
export function rawSignature(der: Buffer): Buffer {
  const raw = Buffer.alloc(2 * numberBytes);
  // SEQUENCE of less than 128 bytes: one byte of tag and one of length each.
  const second = copyInteger(der, 2, raw.subarray(0, numberBytes));
  copyInteger(der, second, raw.subarray(numberBytes));
  return raw;
}

/** The DER form of r and s, 32 bytes each. Whether they are a signature is for OpenSSL to say. */
export function derSignature(raw: Buffer): Buffer {
  const der = Buffer.alloc(2 + 2 * (3 + numberBytes));
  der[0] = sequence;
  const second = writeInteger(raw.subarray(0, numberBytes), der, 2);
  const end = writeInteger(raw.subarray(numberBytes), der, second);
  der[1] = end - 2;
  return der.subarray(0, end);
}

/** Right-aligns the integer at `at`; returns where the next one begins. */
function copyInteger(der: Buffer, at: number, target: Buffer): number {
  const length = der[at + 1] ?? 0;
  const end = at + 2 + length;
  // A first bit of 1 would be a minus sign, so DER puts a zero before it.
  const start = der[at + 2] === 0 ? at + 3 : at + 2;
  if (der[at] !== integer || end > der.length || end - start > target.length) {
    throw new AppError({ kind: 'bug', message: 'OpenSSL gave a signature that is not one of P-256' });
  }
  der.copy(target, target.length - (end - start), start, end);
  return end;
}

/** Writes the shortest form of a positive integer; returns where the next one begins. */
function writeInteger(number: Buffer, der: Buffer, at: number): number {
  let start = 0;
  while (start < number.length - 1 && number[start] === 0) start += 1;
  const padding = (number[start] ?? 0) >= 0x80 ? 1 : 0;
  const length = number.length - start + padding;
  der[at] = integer;
  der[at + 1] = length;
  number.copy(der, at + 2 + padding, start);
  return at + 2 + length;
}
