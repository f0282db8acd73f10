import { CallerParam, ForCaller, Route, type Caller } from '@berth/http';
import { Body, Controller, Param, Post } from '@nestjs/common';
import { z } from 'zod';
import { storableText } from '@berth/contracts';
import { registryAddress, type RegistryAddress } from '../token-address.js';
import { tokenLabels } from '../token-fields.js';
import { RevokeTokens, type Revoked, type TokensToRevoke } from './revoke-tokens.js';

const names = z.array(storableText(50).min(1)).min(1).max(1000);

/** Exactly one way to name the tokens. */
const revokeRequest = z
  .strictObject({
    labels: tokenLabels.refine((labels) => Object.keys(labels).length > 0, 'name at least one label').optional(),
    scopeMap: z.string().min(1).max(60).optional(),
    names: names.optional(),
    action: z.enum(['disable', 'delete']).default('disable'),
  })
  .refine(
    ({ labels, scopeMap, names: given }) => [labels, scopeMap, given].filter((each) => each !== undefined).length === 1,
    'give one of labels, scopeMap and names',
  );

const revokedAnswer = z.strictObject({ revoked: z.int().nonnegative(), more: z.boolean() });

@Controller('api/v1/registries/:registry')
export class RevokeTokensController {
  constructor(private readonly revokeTokens: RevokeTokens) {}

  @Post('tokens::revoke')
  @ForCaller()
  @Route({ statuses: [200, 400, 403, 404, 503], output: revokedAnswer })
  async revoke(
    @CallerParam() caller: Caller,
    @Param({ schema: registryAddress }) { registry }: RegistryAddress,
    @Body({ schema: revokeRequest }) body: z.infer<typeof revokeRequest>,
  ): Promise<Revoked> {
    return this.revokeTokens.execute(caller, { registry, which: whichOf(body), action: body.action });
  }
}

function whichOf({ labels, scopeMap, names: given = [] }: z.infer<typeof revokeRequest>): TokensToRevoke {
  if (labels !== undefined) return { kind: 'labels', labels };
  return scopeMap === undefined ? { kind: 'names', names: given } : { kind: 'scope-map', name: scopeMap };
}
