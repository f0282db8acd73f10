import { instant, uuid, version, type AccessPolicyDefinition } from '@berth/contracts';
import { z } from 'zod';
import { warningsOf } from './access-policy-content.js';
import { grantWarning } from './grant-warning.js';

const text = z.string().nullable();

/** An access policy as it is answered. */
export const policyAnswer = z.strictObject({
  id: uuid,
  subject: z.string(),
  roles: z.array(z.string()),
  target: z.strictObject({
    serviceName: text,
    serviceInstance: text,
    region: text,
    resourceType: text,
    resource: text,
    resourceGroup: text,
    allServices: z.boolean(),
  }),
  version,
  changedAt: instant,
  /** What of it gives nothing, and why. */
  warnings: z.array(grantWarning),
});

export type PolicyAnswer = z.infer<typeof policyAnswer>;

/** What people may see of an access policy. */
export function answerOf(policy: AccessPolicyDefinition): PolicyAnswer {
  const { id, subject, roles, target, version: number, changedAt } = policy;
  const { isForAllServices, ...rest } = target;
  return {
    ...{ id, subject, roles },
    target: { ...rest, allServices: isForAllServices },
    ...{ version: number, changedAt },
    warnings: [...warningsOf(policy)],
  };
}
