import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { generatePassword, readOrCreatePrivateFile } from './private-file.js';
import { storingServices, type StoringService } from './services.js';

/** What the services of one data folder share, each in a file that only its owner reads. */
export interface Secrets {
  /** By which services know each other. */
  readonly internalKeyFile: string;
  /** Under which identity seals what it has to read again. */
  readonly masterKeyFile: string;
  /** Of each service's own login at Postgres. */
  readonly databasePasswords: Readonly<Record<StoringService, string>>;
}

const passwords = z.record(z.enum(storingServices), z.string().min(1));

/** Makes what is not there yet; what is there is kept, as data is sealed under it. */
export function ensureSecrets(dataDir: string): Secrets {
  const [internalKeyFile, masterKeyFile] = [join(dataDir, 'internal-key'), join(dataDir, 'master-key')];
  for (const file of [internalKeyFile, masterKeyFile]) {
    readOrCreatePrivateFile(file, () => randomBytes(32).toString('hex'));
  }
  const text = readOrCreatePrivateFile(join(dataDir, 'database-passwords.json'), () =>
    JSON.stringify(Object.fromEntries(storingServices.map((service) => [service, generatePassword()])), null, 2),
  );
  return { internalKeyFile, masterKeyFile, databasePasswords: passwords.parse(JSON.parse(text)) };
}
