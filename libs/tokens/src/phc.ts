import { AppError } from '@berth/errors';

/** An argon2id hash with all it was made with. */
export interface PhcHash {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Buffer;
  readonly tag: Buffer;
}

/** The hash as one string. @source PHC string format; Argon2 version 19 (1.3) */
export function formatPhc({ memoryKib, passes, lanes, salt, tag }: PhcHash): string {
  return `$argon2id$v=19$m=${memoryKib},t=${passes},p=${lanes}$${unpadded(salt)}$${unpadded(tag)}`;
}

/** @throws AppError 'bug' when it isn't such a string, or asks for more than 1 GiB or 16 passes */
export function parsePhc(text: string): PhcHash {
  const pattern =
    /^\$argon2id\$v=19\$m=(\d{1,7}),t=(\d{1,2}),p=(\d{1,2})\$([A-Za-z0-9+/]{11,86})\$([A-Za-z0-9+/]{16,86})$/;
  const [, memory, passes, lanes, salt = '', tag = ''] = pattern.exec(text) ?? [];
  const hash = {
    memoryKib: Number(memory),
    passes: Number(passes),
    lanes: Number(lanes),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
  if (!(hash.memoryKib <= 1_048_576 && hash.passes >= 1 && hash.passes <= 16 && hash.lanes >= 1)) {
    throw new AppError({ kind: 'bug', message: 'a stored password hash is not an argon2id PHC string' });
  }
  return hash;
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replace(/=+$/, '');
}
