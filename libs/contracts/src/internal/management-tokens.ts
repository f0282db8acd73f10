import { z } from 'zod';

/**
 * `POST /internal/management-tokens` of identity. The credential stays in its `Authorization: Basic` header (RFC 7617), the
 * secret of a session comes as `Authorization: Session <secret>`; the body says where the caller sits, as the gateway saw
 * it. 401 when the credential is not good.
 */
export const managementTokenRequest = z.strictObject({
  address: z.string().max(64).optional(),
  userAgent: z.string().max(256).optional(),
});
export const managementTokenAnswer = z.strictObject({ token: z.string(), expiresInSeconds: z.int().positive() });
export type ManagementTokenRequest = z.infer<typeof managementTokenRequest>;
export type ManagementTokenAnswer = z.infer<typeof managementTokenAnswer>;
