import { createHmac, hkdfSync } from 'node:crypto';

/**
 * Stands for a user name that nobody has. People type passwords into the wrong field, so such a name is never written
 * down; but the same one gives the same stand-in, so that tries can be counted.
 */
export class UnknownNames {
  private readonly key: Buffer;

  /** @param masterKey 32 bytes, of which the key used here is derived */
  constructor(masterKey: Buffer) {
    this.key = Buffer.from(hkdfSync('sha256', masterKey, '', 'berth unknown user name', 32));
  }

  /** `unknown:` and 32 hexadecimal digits. */
  standInFor(name: string): string {
    return `unknown:${createHmac('sha256', this.key).update(name).digest('hex').slice(0, 32)}`;
  }
}
