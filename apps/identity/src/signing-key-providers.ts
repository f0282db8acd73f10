import type { Runtime } from '@berth/foundation';
import { Outbox } from '@berth/messaging';
import { Database } from '@berth/persistence';
import type { Provider } from '@nestjs/common';
import { ActiveSigner } from './active-signer.js';
import type { IdentityConfig } from './config.js';
import { KeyUpkeep } from './key-upkeep.js';
import { Report } from './report.js';
import { SIGNING_KEY_STORE, type SigningKeyStore } from './signing-key.js';
import { SigningKeys } from './signing-keys.js';

const dayMs = 86_400_000;

/** The keys of the installation, and what looks after them. */
export function signingKeys(
  { config, clock, logger }: Runtime<IdentityConfig>,
  masterKey: Buffer,
): readonly Provider[] {
  return [
    {
      provide: SigningKeys,
      inject: [Database, SIGNING_KEY_STORE, Outbox, ActiveSigner],
      useFactory: (db: Database, store: SigningKeyStore, outbox: Outbox, signer: ActiveSigner) =>
        new SigningKeys({ db, store, outbox, signer, clock, masterKey }),
    },
    {
      provide: KeyUpkeep,
      inject: [SigningKeys, Report],
      useFactory: (keys: SigningKeys, report: Report) =>
        new KeyUpkeep({ keys, report, clock, logger, maxAgeMs: config.BERTH_SIGNING_KEY_DAYS * dayMs }),
    },
  ];
}
