import { storableText } from '@berth/contracts';
import { z } from 'zod';
import { tokenName } from './repository-token.js';

/** The part of a path that names a registry. */
export const registryAddress = z.object({ registry: storableText(50).min(1) });

/** `/registries/{registry}/tokens/{name}`: any name may be asked for. */
export const tokenAddress = registryAddress.extend({ name: storableText(50).min(1) });

/** The same where a token may come into being: the name must be one that a token can have. */
export const newTokenAddress = registryAddress.extend({ name: tokenName });

/** `.../passwords/{slot}`. */
export const passwordAddress = tokenAddress.extend({
  slot: z.enum(['1', '2'], 'the slot is 1 or 2').transform((slot) => (slot === '1' ? 1 : 2)),
});

export type RegistryAddress = z.infer<typeof registryAddress>;
export type TokenAddress = z.infer<typeof tokenAddress>;
export type PasswordAddress = z.infer<typeof passwordAddress>;
