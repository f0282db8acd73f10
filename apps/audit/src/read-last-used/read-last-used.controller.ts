import { lastUsedAnswer, lastUsedRequest, type LastUsedAnswer, type LastUsedRequest } from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { Database } from '@berth/persistence';
import { Body, Controller, Post } from '@nestjs/common';
import { LastUseStore } from '../last-use.js';

/** POST of `/internal/last-used`: identity shows with its tokens when each was last used. */
@Controller('internal/last-used')
export class ReadLastUsedController {
  constructor(
    private readonly uses: LastUseStore,
    private readonly db: Database,
  ) {}

  @Post()
  @InternalOnly()
  @Route({ statuses: [200, 400, 413, 503], output: lastUsedAnswer })
  async read(@Body({ schema: lastUsedRequest }) { principals }: LastUsedRequest): Promise<LastUsedAnswer> {
    const found = await this.uses.find(this.db, principals);
    return { lastUsed: found.map(({ principal, atMs }) => ({ principal, at: new Date(atMs).toISOString() })) };
  }
}
