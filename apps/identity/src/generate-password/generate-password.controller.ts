import { instant } from '@berth/contracts';
import { AppError } from '@berth/errors';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Header, Inject, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { CLOCK, type Clock } from '@berth/foundation';
import { slotNumber } from '../repository-token.js';
import { tokenAddress, type TokenAddress } from '../token-address.js';
import { instantOrNull } from '../token-answer.js';
import { msOf } from '../token-fields.js';
import { GeneratePassword } from './generate-password.js';

const passwordRequest = z.strictObject({ slot: slotNumber, expiresAt: instant.nullable().default(null) });
const passwordAnswer = z.strictObject({ slot: slotNumber, password: z.string(), expiresAt: instant.nullable() });

@Controller('api/v1/registries/:registry/tokens')
export class GeneratePasswordController {
  constructor(
    private readonly generatePassword: GeneratePassword,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  /** The only answer that ever holds the password. */
  @Post(':name/passwords')
  @Header('cache-control', 'no-store')
  @ForCaller()
  @Route({ statuses: [201, 400, 403, 404, 409, 503], output: passwordAnswer })
  async generate(
    @CallerParam() caller: Caller,
    @Param({ schema: tokenAddress }) { registry, name }: TokenAddress,
    @Body({ schema: passwordRequest }) { slot, expiresAt }: z.infer<typeof passwordRequest>,
  ): Promise<z.infer<typeof passwordAnswer>> {
    const expiresAtMs = msOf(expiresAt);
    if (expiresAtMs !== null && expiresAtMs <= this.clock()) {
      throw new AppError({ kind: 'malformed', code: 'past-end', message: 'expiresAt: must be in the future' });
    }
    const password = await this.generatePassword.execute(caller, { registry, name, slot, expiresAtMs });
    return { slot, password, expiresAt: instantOrNull(expiresAtMs) };
  }
}
