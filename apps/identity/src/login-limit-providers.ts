import { refusedEntries, type Runtime } from '@berth/foundation';
import type { Provider } from '@nestjs/common';
import type { IdentityConfig } from './config.js';
import { LoginLimits } from './login-limits.js';
import { settingsOf } from './settings.js';

/** What keeps guessing slow, and the audit log from being filled by it. */
export function loginLimits(runtime: Runtime<IdentityConfig>): readonly Provider[] {
  const { config, clock } = runtime;
  return [
    { provide: LoginLimits, useFactory: () => new LoginLimits(settingsOf(config).limits, clock) },
    ...refusedEntries(runtime),
  ];
}
