import { principalRef, storableText } from '@berth/contracts';
import { indexAccessPolicy, parsePrincipalRef, type AccessPolicyWarning } from '@berth/policy-engine';
import { z } from 'zod';
import type { AccessPolicyContent } from './access-policy.js';
import type { Where } from './holder.js';

/** Empty says as much as left out. */
const text = storableText(255)
  .nullable()
  .default(null)
  .transform((given) => (given === '' ? null : given));

/** An access policy as people write it; what means nothing here is stored all the same. */
export const policyBody = z.strictObject({
  subject: principalRef
    .max(300)
    .refine((ref) => storableText(300).safeParse(ref).success, 'must not hold NUL or half a character'),
  roles: z.array(storableText(100).min(1)).min(1).max(20),
  target: z.strictObject({
    serviceName: text,
    serviceInstance: text,
    region: text,
    resourceType: text,
    resource: text,
    resourceGroup: text,
    allServices: z.boolean().default(false),
  }),
});

/** What the body says, in the words of the definition; each role once. */
export function contentOf({ subject, roles, target }: z.infer<typeof policyBody>): AccessPolicyContent {
  const { allServices, ...rest } = target;
  return { subject, roles: [...new Set(roles)], target: { ...rest, isForAllServices: allServices } };
}

/**
 * What a policy is about, for who may write it: all that its target can ever reach.
 *
 * @source IBM Cloud "Managing IAM access": an administrator of a target administers policies on it
 */
export function whereOf({ target: { region, resourceGroup, resource } }: Pick<AccessPolicyContent, 'target'>): Where {
  return { registryId: null, repository: null, namespace: resource, region, resourceGroup };
}

/** What of a policy gives nothing, and why. */
export function warningsOf(content: AccessPolicyContent): readonly AccessPolicyWarning[] {
  const { subject, roles, target } = content;
  const unsaved = { id: '', account: '', version: 1, status: 'active' } as const;
  return indexAccessPolicy({ ...unsaved, subject: parsePrincipalRef(subject), roles, target }).warnings;
}

/** Whether two policies say the same. */
export function isSamePolicy(one: AccessPolicyContent, other: AccessPolicyContent): boolean {
  return JSON.stringify(wordsOf(one)) === JSON.stringify(wordsOf(other));
}

function wordsOf({ subject, roles, target }: AccessPolicyContent): unknown[] {
  const { serviceName, serviceInstance, region, resourceType, resource, resourceGroup, isForAllServices } = target;
  return [
    ...[subject, roles, serviceName, serviceInstance, region],
    ...[resourceType, resource, resourceGroup, isForAllServices],
  ];
}
