import type { ContentPoliciesDefinition } from '@berth/contracts';
import { z } from 'zod';
import { nothingDecided, type ContentPolicies } from './content-policies.js';
import { stampAnswer, stampOf } from './content-policy-stamp.js';
import { namespaceName } from './namespace.js';

const storageBytes = z.int().nonnegative();

/** What a PUT says of how much may be stored. */
export const quotaBody = z.strictObject({
  /** Of the whole registry; null = no limit. */
  storageBytes: storageBytes.nullable(),
  namespaces: z
    .array(z.strictObject({ name: namespaceName, storageBytes }))
    .max(1000)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'a namespace has one limit')
    .default([]),
});

/** The quota of a registry as it is answered. */
export const quotaAnswer = z.strictObject({
  storageBytes: storageBytes.nullable(),
  namespaces: z.array(z.strictObject({ name: z.string(), storageBytes })),
  ...stampAnswer,
});

export type QuotaBody = z.infer<typeof quotaBody>;
export type QuotaAnswer = z.infer<typeof quotaAnswer>;

/** What a PUT decides. */
export function quotaOf({ storageBytes: limit, namespaces }: QuotaBody): ContentPolicies['quota'] {
  const limits = namespaces.map(({ name, storageBytes: bytes }) => ({ namespace: name, storageBytes: bytes }));
  return { storageBytes: limit, namespaces: limits };
}

/** What people may see of it. */
export function quotaAnswerOf(policies: ContentPoliciesDefinition | null): QuotaAnswer {
  const { storageBytes: limit, namespaces } = (policies ?? nothingDecided).quota;
  const limits = namespaces.map(({ namespace, storageBytes: bytes }) => ({ name: namespace, storageBytes: bytes }));
  return { storageBytes: limit, namespaces: limits, ...stampOf(policies) };
}
