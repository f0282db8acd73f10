import { AppError } from '@berth/errors';
import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Controller, Param, Post, Query, Req, Res } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { registryAddress, type RegistryAddress } from '../token-address.js';
import { ImportTokens } from './import-tokens.js';

const importQuery = z.strictObject({
  id: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,64}$/, 'an import is named by 1 to 64 letters, digits, ".", "_" or "-"')
    .optional(),
  from: z.coerce.number().int().min(1).max(1_000_000_000).default(1),
});

/** What lines of JSON are called. */
export const ndjson = 'application/x-ndjson';

@Controller('api/v1/registries/:registry')
export class ImportTokensController {
  constructor(private readonly importTokens: ImportTokens) {}

  /**
   * The only answer that ever holds these passwords. What goes wrong with the first batch is answered as always; later the
   * answer has begun, so it breaks the answer off: nobody takes a part for the whole. The batches before stay, and `from` goes on behind them.
   */
  @Post('tokens::import')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 404, 415, 503] })
  async import(
    @CallerParam() caller: Caller,
    @Param({ schema: registryAddress }) { registry }: RegistryAddress,
    @Query({ schema: importQuery }) { id = uuidv7(), from }: z.infer<typeof importQuery>,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const answers = this.importTokens.execute(caller, { registry, id, from, body: bodyOf(request) });
    const first = await answers.next();
    await reply
      .header('cache-control', 'no-store')
      .header('berth-import-id', id)
      .type(ndjson)
      .send(Readable.from(following(first, answers)));
  }
}

function bodyOf({ body }: FastifyRequest): Readable {
  if (body instanceof Readable) return body;
  const message = `tokens are imported as ${ndjson}, one on each line`;
  throw new AppError({ kind: 'malformed', code: 'not-ndjson', message });
}

async function* following(first: IteratorResult<string, unknown>, rest: AsyncGenerator<string>) {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}
