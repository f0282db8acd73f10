import { describe, expect, it } from 'vitest';
import { generateSecret, hashSecret, passwordForm, secretsEqual } from './secret.js';

describe('generated secrets', () => {
  it('have one length and say what they are for', () => {
    for (const [prefix, form] of [
      ['brt', 'token'],
      ['brf', 'fleet'],
      ['brk', 'key'],
    ] as const) {
      const secrets = Array.from({ length: 200 }, () => generateSecret(prefix));
      expect(new Set(secrets).size).toBe(200);
      for (const secret of secrets) {
        expect(secret).toMatch(new RegExp(`^${prefix}_[0-9A-Za-z]{49}$`));
        expect(passwordForm(secret)).toBe(form);
      }
    }
  });

  it('every single mistyped character is noticed before any look-up', () => {
    const secret = generateSecret('brt');
    for (let at = 4; at < secret.length; at += 1) {
      const wrong = `${secret.slice(0, at)}${secret[at] === 'x' ? 'y' : 'x'}${secret.slice(at + 1)}`;
      expect(passwordForm(wrong), wrong).toBe('plain');
    }
  });

  it('one kind never passes for another', () => {
    expect(passwordForm(generateSecret('brt').replace('brt_', 'brk_'))).toBe('plain');
  });

  it.each([
    '',
    'password',
    'brt_',
    'brt_short',
    `brx_${'a'.repeat(49)}`,
    `brt_${'a'.repeat(49)}`,
    `brt_${'é'.repeat(49)}`,
  ])('takes %j for a password that somebody chose', (password) => expect(passwordForm(password)).toBe('plain'));

  it('takes a secret with anything around it for a chosen password', () => {
    const secret = generateSecret('brt');
    for (const password of [` ${secret}`, `${secret}\n`, `${secret}x`, secret.toUpperCase()]) {
      expect(passwordForm(password)).toBe('plain');
    }
  });

  it('are compared by their hashes', () => {
    const secret = generateSecret('brt');
    expect(hashSecret(secret)).toHaveLength(32);
    expect(secretsEqual(hashSecret(secret), hashSecret(secret))).toBe(true);
    expect(secretsEqual(hashSecret(secret), hashSecret(generateSecret('brt')))).toBe(false);
    expect(secretsEqual(hashSecret(secret), Buffer.alloc(0))).toBe(false);
  });
});
