import { assertNever } from '@berth/errors';
import type { Decision, GrantRef } from '@berth/policy-engine';
import { z } from 'zod';
import type { DecisionQuestion } from './decision-questions.js';
import type { PrincipalRefusal } from './principals.js';

/** A decision as it is answered. */
export const decisionAnswer = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  /** `<kind>:<id>` of the definition that decided; left out where none did. */
  by: z.string().optional(),
  /** A code: `granted`, or why not. */
  reason: z.string(),
  message: z.string(),
});
export type DecisionAnswer = z.infer<typeof decisionAnswer>;

const refusals: Readonly<Record<PrincipalRefusal, string>> = {
  'principal-disabled': 'is disabled',
  'fleet-key-disabled': 'has no password: no key of its fleet is enabled',
  'device-denied': 'is locked out of its fleet',
};

/** What is answered to a question that was decided. Whoever is disabled or locked out can't use what is granted. */
export function answerOf(decision: Decision, { request, refusal }: DecisionQuestion): DecisionAnswer {
  if (refusal !== null) {
    return { effect: 'deny', reason: refusal, message: `${request.principal.ref} ${refusals[refusal]}` };
  }
  const { effect, by } = decision;
  const named = by === undefined ? {} : { by: referenceTo(by) };
  switch (effect) {
    case 'allow':
      return {
        effect,
        ...named,
        reason: 'granted',
        message: `${request.action} is granted by ${inWords(decision.by)}`,
      };
    case 'deny':
      return { effect, ...named, reason: decision.reason, message: decision.message };
    default:
      return assertNever(effect);
  }
}

/** `<kind>:<id>`. */
export function referenceTo({ kind, id }: GrantRef): string {
  return `${kind}:${id}`;
}

function inWords({ kind, id }: GrantRef): string {
  return `${kind.replaceAll('-', ' ')} ${id}`;
}
