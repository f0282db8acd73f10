import { z } from 'zod';
import { instant, version } from '../scalars.js';
import { compactedTopic } from '../topic.js';

/**
 * The public half of a key that identity signs with. `retired` still verifies what it signed; `revoked` verifies
 * nothing from now on.
 *
 * @source RFC 7517 (JWK), RFC 7518 section 6.2 (EC keys)
 */
export const signingKey = z.strictObject({
  kid: z.string().min(1).max(64),
  alg: z.literal('ES256'),
  publicJwk: z.strictObject({ kty: z.literal('EC'), crv: z.literal('P-256'), x: z.string(), y: z.string() }),
  status: z.enum(['active', 'retired', 'revoked']),
  version,
  changedAt: instant,
});

export type SigningKey = z.infer<typeof signingKey>;

export const signingKeyChanged = compactedTopic<SigningKey>({
  name: 'identity.signing-key-changed.v1',
  producer: 'identity',
  partitions: 1,
  schema: signingKey,
  keyOf: (data) => data.kid,
});
