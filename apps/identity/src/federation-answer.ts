import { instant, uuid } from '@berth/contracts';
import { z } from 'zod';
import type { Federation } from './federation.js';

/** A rule as it is shown. It holds no secret. */
export const federationAnswer = z.strictObject({
  id: uuid,
  name: z.string(),
  issuer: z.string(),
  audience: z.string().nullable(),
  subject: z.string().nullable(),
  claim: z.strictObject({ name: z.string(), value: z.string() }).nullable(),
  /** `workload:<id>`: what roles and access policies are given to. */
  principal: z.string(),
  createdAt: instant,
});

export type FederationAnswer = z.infer<typeof federationAnswer>;

export function answerOfFederation(federation: Federation): FederationAnswer {
  const { id, name, issuer, audience, subject, claim, workloadId, createdAtMs } = federation;
  const createdAt = new Date(createdAtMs).toISOString();
  return { id, name, issuer, audience, subject, claim, principal: `workload:${workloadId}`, createdAt };
}
