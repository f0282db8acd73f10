import { InternalOnly, Route } from '@berth/http';
import { Controller, Get, Param } from '@nestjs/common';
import { z } from 'zod';
import { scopeMapAddress } from '../known-scope-map.js';
import { CountTokens } from './count-tokens.js';

@Controller('internal/scope-maps/:id/tokens')
export class CountTokensController {
  constructor(private readonly countTokens: CountTokens) {}

  @Get()
  @InternalOnly()
  @Route({ statuses: [200, 400, 503], output: z.strictObject({ count: z.int().nonnegative() }) })
  async count(@Param({ schema: scopeMapAddress }) { id }: z.infer<typeof scopeMapAddress>): Promise<{ count: number }> {
    return { count: await this.countTokens.execute(id) };
  }
}
