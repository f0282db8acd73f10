import { isRepositoryPattern, isTagPattern } from '@berth/access';
import type { ContentPoliciesDefinition } from '@berth/contracts';
import { z } from 'zod';
import { nothingDecided } from './content-policies.js';
import { stampAnswer, stampOf } from './content-policy-stamp.js';

const repositories = z
  .string()
  .refine(isRepositoryPattern, 'a repository name such as team/app, a prefix such as team/*, or *');
const tags = z.string().refine(isTagPattern, 'a tag such as latest, a start of tags such as v*, or *');

/** What a PUT says of tags that are written once; no rules = none are. */
export const immutabilityBody = z.strictObject({
  rules: z.array(z.strictObject({ repositories, tags, except: z.array(tags).max(100).default([]) })).max(100),
});

/** The rules of a registry as they are answered. */
export const immutabilityAnswer = z.strictObject({
  rules: z.array(z.strictObject({ repositories: z.string(), tags: z.string(), except: z.array(z.string()) })),
  ...stampAnswer,
});

export type ImmutabilityBody = z.infer<typeof immutabilityBody>;
export type ImmutabilityAnswer = z.infer<typeof immutabilityAnswer>;

/** What people may see of it. */
export function immutabilityAnswerOf(policies: ContentPoliciesDefinition | null): ImmutabilityAnswer {
  return { rules: (policies ?? nothingDecided).immutability, ...stampOf(policies) };
}
