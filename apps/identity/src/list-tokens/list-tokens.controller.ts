import {
  CallerParam,
  decodeCursor,
  ForCaller,
  pageOf,
  pageQuery,
  Route,
  toPage,
  type Caller,
  type Page,
} from '@berth/http';
import { Controller, Get, Param, Query } from '@nestjs/common';
import { storableText } from '@berth/contracts';
import { z } from 'zod';
import { DefinitionsCopy } from '../definitions-copy.js';
import { LastUses, usedTokenAnswer, type UsedTokenAnswer } from '../last-uses.js';
import { registryAddress, type RegistryAddress } from '../token-address.js';
import { answerOf } from '../token-answer.js';
import { ListTokens } from './list-tokens.js';

const listQuery = z.strictObject({
  ...pageQuery,
  prefix: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,50}$/, 'the beginning of a token name')
    .optional(),
  label: z
    .union([z.string(), z.array(z.string()).max(20)])
    .transform(labelsOf)
    .optional(),
  status: z.enum(['enabled', 'disabled']).optional(),
  scopeMap: storableText(60).min(1).optional(),
});

@Controller('api/v1/registries/:registry/tokens')
export class ListTokensController {
  constructor(
    private readonly listTokens: ListTokens,
    private readonly definitions: DefinitionsCopy,
    private readonly lastUses: LastUses,
  ) {}

  @Get()
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: pageOf(usedTokenAnswer) })
  async list(
    @CallerParam() caller: Caller,
    @Param({ schema: registryAddress }) { registry }: RegistryAddress,
    @Query({ schema: listQuery }) query: z.infer<typeof listQuery>,
  ): Promise<Page<UsedTokenAnswer>> {
    const { limit, after, prefix = null, label: labels = null, status = null, scopeMap = null } = query;
    const found = await this.listTokens.execute(caller, {
      registry,
      after: after === undefined ? null : decodeCursor(after),
      limit: limit + 1,
      ...{ prefix, labels, status, scopeMap },
    });
    const answers = found.map((token) => answerOf(token, this.definitions.view));
    const { items, next } = toPage(answers, limit, ({ name }) => name);
    return { items: await this.lastUses.join(items), next };
  }
}

/** `name=value`, once or several times: a token must have them all. */
function labelsOf(given: string | readonly string[], context: z.RefinementCtx): Record<string, string> {
  const pairs = (typeof given === 'string' ? [given] : given).map((pair) => pair.split(/=(.*)/s, 2));
  if (pairs.some(([name, value]) => name === undefined || value === undefined || /\0/.test(`${name}${value}`))) {
    context.addIssue({ code: 'custom', message: 'a label is name=value' });
    return z.NEVER;
  }
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]));
}
