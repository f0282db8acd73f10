import { CallerParam, decodeCursor, ForCaller, pageOf, pageQuery, Route, toPage, type Caller } from '@berth/http';
import { Controller, Get, Query } from '@nestjs/common';
import { z } from 'zod';
import { answerOf, registryAnswer } from '../registry-answer.js';
import { ListRegistries } from './list-registries.js';

const query = z.strictObject(pageQuery);

/** GET of `/api/v1/registries`. */
@Controller()
export class ListRegistriesController {
  constructor(private readonly listRegistries: ListRegistries) {}

  @Get('api/v1/registries')
  @ForCaller()
  @Route({ statuses: [200, 400, 401, 403, 503], output: pageOf(registryAnswer) })
  async list(@CallerParam() caller: Caller, @Query({ schema: query }) { limit, after }: z.infer<typeof query>) {
    const page = { limit, after: after === undefined ? null : decodeCursor(after) };
    const { items, next } = toPage(await this.listRegistries.execute(caller, page), limit, ({ name }) => name);
    return { items: items.map((registry) => answerOf(registry)), next };
  }
}
