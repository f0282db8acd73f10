import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readInternalKeys, readKeyFile, readSecretFile } from './secret-file.js';

let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'berth-secret-'));
});

afterAll(() => rmSync(folder, { recursive: true }));

function file(content: string | Buffer, mode = 0o600): string {
  const path = join(folder, `${Math.random()}`);
  writeFileSync(path, content, { mode });
  chmodSync(path, mode);
  return path;
}

describe('secret files', () => {
  it('give their text without the line end', () => {
    expect(readSecretFile(file('correct horse\n'))).toBe('correct horse');
    expect(readSecretFile(file('x', 0o400))).toBe('x');
  });

  it.each([0o640, 0o604, 0o644, 0o660, 0o610])('are refused when others may open them: mode %o', (mode) => {
    expect(() => readSecretFile(file('x', mode))).toThrow(/may be read by others; give it mode 0600/);
  });

  it('are refused when missing, empty, a folder or huge, each in one sentence', () => {
    expect(() => readSecretFile(join(folder, 'none'))).toThrow(/none cannot be read/);
    expect(() => readSecretFile(file(' \n'))).toThrow(/is empty/);
    expect(() => readSecretFile(folder)).toThrow(/cannot be read|others/);
    expect(() => readSecretFile(file(Buffer.alloc(70_000, 65)))).toThrow(/larger/);
  });

  it('give keys of 32 bytes from hexadecimal and base64', () => {
    const key = Buffer.alloc(32, 0xfb);
    expect(readKeyFile(file(`${key.toString('hex')}\n`))).toEqual(key);
    expect(readKeyFile(file(key.toString('base64')))).toEqual(key);
    expect(readKeyFile(file(key.toString('base64url')))).toEqual(key);
    for (const wrong of ['x', 'a'.repeat(63), 'a'.repeat(66), Buffer.alloc(31, 1).toString('base64')]) {
      expect(() => readKeyFile(file(wrong))).toThrow(/32 bytes/);
    }
  });

  it('give one internal key, or two while it is changed', () => {
    const [one, two] = ['a'.repeat(64), 'b'.repeat(43)];
    expect(readInternalKeys(file(`${one}\n`))).toEqual([one]);
    expect(readInternalKeys(file(`${one}\r\n\n${two}\n`))).toEqual([one, two]);
    for (const wrong of ['short', `${one}\n${two}\n${one}`, `${one} x`, `${one}\n\u00e9`]) {
      expect(() => readInternalKeys(file(wrong))).toThrow(/one key, or two/);
    }
  });
});
