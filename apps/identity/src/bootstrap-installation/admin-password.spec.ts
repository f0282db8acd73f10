import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateSecret } from '@berth/tokens';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkAdminPassword, generateAdminPassword, writeAdminPassword } from './admin-password.js';

describe('checkAdminPassword', () => {
  it.each([
    ['11 characters', 'short-as-11'],
    ['a generated secret', generateSecret('brt')],
  ])('refuses %s', (_what, password) => {
    expect(() => checkAdminPassword(password)).toThrow('at least 12 characters');
  });

  it('accepts 12 characters', () => {
    expect(checkAdminPassword('twelve-chars')).toBe('twelve-chars');
  });
});

describe('writeAdminPassword', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'berth-admin-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('B24 writes a generated one for its owner alone, and makes the folder', async () => {
    const password = generateAdminPassword();
    const path = await writeAdminPassword(join(folder, 'new'), password);
    expect(await readFile(path, 'utf8')).toBe(`${password}\n`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(password).not.toBe(generateAdminPassword());
  });

  it('replaces a file that others may read by one that they may not', async () => {
    await writeFile(join(folder, 'admin-password'), 'old', { mode: 0o644 });
    const path = await writeAdminPassword(folder, 'newer-password');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readFile(path, 'utf8')).toBe('newer-password\n');
  });
});
