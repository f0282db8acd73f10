import { argon2, randomBytes, timingSafeEqual } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { promisify } from 'node:util';
import { AppError } from '@berth/errors';
import { formatPhc, parsePhc, type PhcHash } from './phc.js';
import { WorkLimit } from './work-limit.js';

const runArgon2 = promisify(argon2);

/** Second recommended set of parameters of RFC 9106 scaled to a server's log-ins (OWASP: 19 MiB, 2 passes, 1 lane). */
const cost = { memoryKib: 19_456, passes: 2, lanes: 1 } as const;
const saltBytes = 16;
const tagBytes = 32;
const mostPasswordBytes = 1024;

/** Stands for the hash of a user that doesn't exist: same cost, and no password has it. */
const nobody: PhcHash = { ...cost, salt: Buffer.alloc(saltBytes, 1), tag: Buffer.alloc(tagBytes) };

export interface PasswordHasherOptions {
  /** Hashes computed at once; default half of the cores, so that a flood of log-ins leaves the rest to pulls. */
  readonly maxConcurrent?: number;
  /** How many may wait; 32 when left out (about 0.6 s of work on one core). */
  readonly maxQueued?: number;
}

/**
 * Hashes and checks passwords that people choose, with argon2id, off the event loop (about 20 ms each).
 *
 * @source RFC 9106; OWASP password storage
 */
export class PasswordHasher {
  private readonly limit: WorkLimit;

  constructor(options: PasswordHasherOptions = {}) {
    const { maxConcurrent = Math.max(1, Math.floor(availableParallelism() / 2)), maxQueued = 32 } = options;
    this.limit = new WorkLimit({ maxConcurrent, maxQueued });
  }

  /**
   * @param password 1 to 1,024 bytes as UTF-8, all of which count
   * @returns `$argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>`
   * @throws AppError 'malformed' for one outside these lengths, 'rate-limited' when too many wait
   */
  async hash(password: string): Promise<string> {
    if (password === '' || isTooLong(password)) {
      throw new AppError({ kind: 'malformed', message: `a password has 1 to ${mostPasswordBytes} bytes` });
    }
    const parameters = { ...cost, salt: randomBytes(saltBytes) };
    const tag = await this.limit.run(() => derive(password, { ...parameters, tagBytes }));
    return formatPhc({ ...parameters, tag });
  }

  /**
   * Whether the password is the one that was hashed.
   *
   * @param phc what {@link hash} returned; null = there is no such user: takes as long, answers false
   * @throws AppError 'rate-limited' when too many wait, 'bug' for a hash that isn't one of ours
   */
  async verify(password: string, phc: string | null): Promise<boolean> {
    const expected = phc === null ? nobody : parsePhc(phc);
    const isRefused = phc === null || isTooLong(password);
    // A password too long to have been hashed costs the same as a wrong one.
    const message = isTooLong(password) ? '' : password;
    const tag = await this.limit.run(() => derive(message, { ...expected, tagBytes: expected.tag.length }));
    return timingSafeEqual(tag, expected.tag) && !isRefused;
  }
}

function isTooLong(password: string): boolean {
  return Buffer.byteLength(password) > mostPasswordBytes;
}

function derive(password: string, hash: Omit<PhcHash, 'tag'> & { readonly tagBytes: number }): Promise<Buffer> {
  return runArgon2('argon2id', {
    message: password,
    nonce: hash.salt,
    memory: hash.memoryKib,
    passes: hash.passes,
    parallelism: hash.lanes,
    tagLength: hash.tagBytes,
  });
}
