import { InternalOnly, Route } from '@berth/http';
import { Controller, Post, Query } from '@nestjs/common';
import { z } from 'zod';
import { CollectGarbage } from './collect-garbage.js';

const query = z.strictObject({ 'dry-run': z.enum(['true', 'false']).default('false') });

const count = z.int().nonnegative();
const round = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('collected'), links: count, blobs: count, bytes: count, keys: count, rows: count }),
  z.strictObject({
    ...{ kind: z.literal('estimated'), links: count, blobs: count, bytes: count, keys: count, repositories: count },
    /** The first hundred of the blobs. */
    digests: z.array(z.string()),
  }),
]);

/** A round of garbage collection now, or with `dry-run=true` only what it would take away. */
@Controller('internal/garbage-collections')
export class CollectGarbageController {
  constructor(private readonly collector: CollectGarbage) {}

  @Post()
  @InternalOnly()
  @Route({ statuses: [200, 400, 503], output: round })
  async run(@Query({ schema: query }) { 'dry-run': dryRun }: z.infer<typeof query>): Promise<z.infer<typeof round>> {
    if (dryRun === 'false') return { kind: 'collected', ...(await this.collector.round()) };
    const { digests, ...counts } = await this.collector.estimate();
    return { kind: 'estimated', ...counts, digests: [...digests] };
  }
}
