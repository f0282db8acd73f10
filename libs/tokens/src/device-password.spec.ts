import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { deriveDevicePassword, keyIdOfDevicePassword } from './device-password.js';
import { generateSecret, passwordForm } from './secret.js';

const run = promisify(execFile);
const documented = (name: string) => fileURLToPath(new URL(`../../../docs/fleets/${name}`, import.meta.url));
const vector = z.strictObject({
  key: z.string(),
  registryId: z.string(),
  fleetId: z.string(),
  keyId: z.string(),
  deviceId: z.string(),
  password: z.string(),
});
const vectors = z.array(vector).parse(JSON.parse(readFileSync(documented('vectors.json'), 'utf8')));

/** Whether a program is on this machine. */
async function has(program: string, argument: string): Promise<boolean> {
  return run(program, [argument]).then(
    () => true,
    () => false,
  );
}

const shell = `printf 'berth-fleet-1\\0%s\\0%s\\0%s\\0%s' "$2" "$3" "$4" "$5" |
  openssl dgst -sha256 -hmac "$1" -binary | openssl base64 -A | tr '+/' '-_' | tr -d '='`;

describe('deriveDevicePassword', () => {
  it.each(vectors)('gives the documented password of $deviceId under $keyId', ({ key, password, ...identity }) => {
    expect(deriveDevicePassword(key, identity)).toBe(password);
    expect(keyIdOfDevicePassword(password)).toBe(identity.keyId);
  });

  it('gives every device, key, fleet and registry a password of its own', () => {
    const identity = { registryId: 'r', fleetId: 'f', keyId: 'k'.repeat(12), deviceId: 'd' };
    const others = [
      identity,
      { ...identity, registryId: 'rf', fleetId: '' },
      { ...identity, fleetId: 'g' },
      { ...identity, keyId: 'l'.repeat(12) },
      { ...identity, deviceId: 'D' },
    ];
    expect(new Set(others.map((each) => deriveDevicePassword('key', each))).size).toBe(5);
  });

  it('is known by its form, and is not taken for a fleet key', () => {
    expect(passwordForm(vectors[0]?.password ?? '')).toBe('fleet');
    expect(keyIdOfDevicePassword(generateSecret('brf'))).toBeNull();
    expect(passwordForm(`${vectors[0]?.password}x`)).toBe('plain');
  });

  it('is what the documented Python program derives', async (test) => {
    if (!(await has('python3', '--version'))) test.skip();
    const { stdout } = await run('python3', [documented('derive.py'), '--check', documented('vectors.json')]);
    expect(stdout.trim()).toBe(`${vectors.length} vectors agree`);
  });

  it('is what the documented shell commands derive', async (test) => {
    if (!(await has('openssl', 'version'))) test.skip();
    for (const { key, registryId, fleetId, keyId, deviceId, password } of vectors) {
      const { stdout } = await run('sh', ['-c', shell, 'sh', key, registryId, fleetId, keyId, deviceId]);
      expect(`brf_${keyId}_${stdout}`).toBe(password);
    }
  });
});
