import type { ContentPoliciesDefinition } from '@berth/contracts';
import { z } from 'zod';
import { nothingDecided, type ContentPolicies } from './content-policies.js';
import { stampAnswer, stampOf } from './content-policy-stamp.js';

/** What a PUT says of quarantine. */
export const quarantineBody = z.strictObject({
  enabled: z.boolean(),
  /** null = what nobody looks at stays closed. */
  releaseAfterHours: z.int().positive().max(8760).nullable().default(null),
});

/** The quarantine of a registry as it is answered. */
export const quarantineAnswer = z.strictObject({
  enabled: z.boolean(),
  releaseAfterHours: z.int().nullable(),
  ...stampAnswer,
});

export type QuarantineBody = z.infer<typeof quarantineBody>;
export type QuarantineAnswer = z.infer<typeof quarantineAnswer>;

/** What a PUT decides. */
export function quarantineOf({ enabled, releaseAfterHours }: QuarantineBody): ContentPolicies['quarantine'] {
  return { isOn: enabled, releaseAfterHours };
}

/** What people may see of it. */
export function quarantineAnswerOf(policies: ContentPoliciesDefinition | null): QuarantineAnswer {
  const { isOn, releaseAfterHours } = (policies ?? nothingDecided).quarantine;
  return { enabled: isOn, releaseAfterHours, ...stampOf(policies) };
}
