import { AppError } from '@berth/errors';
import { PasswordHasher, passwordForm } from '@berth/tokens';
import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import type { User } from './user.js';

/** Shortest password of a user and of a platform operator, in characters. @source NIST SP 800-63B section 5.1.1 */
const minLength = 8;
const minOperatorLength = 12;

const controlCharacter = /\p{Cc}/u;

/** A password in a body; what can be one is said by {@link ChosenPasswords}. */
export const passwordField = z.string().min(1).max(1024);

/** Passwords that people choose. */
@Injectable()
export class ChosenPasswords {
  constructor(private readonly hasher: PasswordHasher) {}

  /**
   * @returns the hash that is kept
   * @throws AppError 'malformed' with code `weak-password` for one that is too short, can't be typed at a log-in, or looks
   *   like a generated secret (whose form would select another kind of principal there); 'rate-limited' when too many wait
   */
  async hash(password: string): Promise<string> {
    requireLength(password, minLength);
    if (controlCharacter.test(password) || !password.isWellFormed()) throw weak('a password has no control characters');
    if (passwordForm(password) !== 'plain') throw weak('a generated secret of Berth is no password of a person');
    return this.hasher.hash(password);
  }

  /** What is asked of an operator's password besides. @throws AppError 'malformed' with code `weak-password` */
  requireFitFor({ operator }: Pick<User, 'operator'>, password: string): void {
    if (operator) requireLength(password, minOperatorLength);
  }

  /** Whether it is the one that was hashed. @throws AppError 'rate-limited' when too many wait */
  isRight(password: string, passwordHash: string | null): Promise<boolean> {
    return this.hasher.verify(password, passwordHash);
  }
}

function requireLength(password: string, least: number): void {
  if (password.length < least) throw weak(`a password has at least ${least} characters`);
}

function weak(message: string): AppError {
  return new AppError({ kind: 'malformed', code: 'weak-password', message });
}
