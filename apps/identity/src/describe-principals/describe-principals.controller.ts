import { principalsAnswer, principalsRequest, type PrincipalsAnswer, type PrincipalsRequest } from '@berth/contracts';
import { InternalOnly, Route } from '@berth/http';
import { Database } from '@berth/persistence';
import { Body, Controller, Inject, Post } from '@nestjs/common';
import { PRINCIPAL_STORE, type PrincipalStore } from '../principal.js';

@Controller('internal/principals')
export class DescribePrincipalsController {
  constructor(
    @Inject(PRINCIPAL_STORE) private readonly principals: PrincipalStore,
    private readonly db: Database,
  ) {}

  /** Those that are there; policy asks before it gives somebody something, and to explain what somebody may do. */
  @Post()
  @InternalOnly()
  @Route({ statuses: [200, 400, 413, 503], output: principalsAnswer })
  async describe(@Body({ schema: principalsRequest }) { principals }: PrincipalsRequest): Promise<PrincipalsAnswer> {
    return { principals: await this.principals.find(this.db, [...new Set(principals)]) };
  }
}
