import { uuid } from '@berth/contracts';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Database } from '@berth/persistence';
import { Controller, Delete, Param } from '@nestjs/common';
import { z } from 'zod';
import { FederationChanges } from '../federation-changes.js';
import { KnownFederations } from '../known-federations.js';

const address = z.strictObject({ id: uuid });

@Controller('api/v1/federations')
export class DeleteFederationController {
  constructor(
    private readonly federations: KnownFederations,
    private readonly changes: FederationChanges,
    private readonly db: Database,
  ) {}

  /** Nobody logs in by the rule any more, and the access tokens that its workload holds end at once. */
  @Delete(':id')
  @ForCaller()
  @Route({ statuses: [204, 400, 403, 404, 503] })
  async delete(
    @CallerParam() caller: Caller,
    @Param({ schema: address }) { id }: z.infer<typeof address>,
  ): Promise<void> {
    const { by, federation } = await this.federations.at(caller, { id, action: 'federations/delete' });
    await this.db.transaction((tx) => this.changes.delete(tx, by, federation));
  }
}
