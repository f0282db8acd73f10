import type { Logger } from '@berth/telemetry';
import type { OnModuleInit } from '@nestjs/common';
import type { CreateAdmin } from './create-admin.js';
import type { ProvideSigningKey } from './provide-signing-key.js';

/** What an installation starts with and where it comes from. */
export interface Preparation {
  /** The first password of `admin` as it was set; null = generate one. */
  readonly adminPassword: () => string | null;
  readonly dataDir: string;
  readonly logger: Logger;
}

/** Before the service listens: there is an admin, and a key to sign with. */
export class PrepareInstallation implements OnModuleInit {
  constructor(
    private readonly createAdmin: CreateAdmin,
    private readonly provideSigningKey: ProvideSigningKey,
    private readonly preparation: Preparation,
  ) {}

  async onModuleInit(): Promise<void> {
    const { adminPassword, dataDir, logger } = this.preparation;
    const file = await this.createAdmin.execute({ configured: adminPassword, dataDir });
    if (file !== null) logger.info({ file }, 'the first user is admin; what opens it is in this file');
    await this.provideSigningKey.execute();
  }
}
