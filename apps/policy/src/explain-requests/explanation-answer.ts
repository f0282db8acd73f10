import type { Explanation, GrantRef, NearestFix } from '@berth/policy-engine';
import { z } from 'zod';
import { answerOf as decisionAnswerOf, decisionAnswer, referenceTo } from '../decision-answer.js';
import type { DecisionQuestion } from '../decision-questions.js';

/** The smallest change that would allow what is denied. */
const nearestAnswer = z.strictObject({
  kind: z.enum(['add-line', 'assign-role', 'meet-condition', 'lift-prohibition']),
  message: z.string(),
  /** The line to add, and to which scope map. */
  line: z.string().optional(),
  scopeMapId: z.string().optional(),
  role: z.string().optional(),
  /** The prohibition to lift. */
  by: z.string().optional(),
});

/** A decision with what led to it. */
export const explanationAnswer = decisionAnswer.extend({
  /** What was asked, in words. */
  needs: z.string(),
  /** In one sentence; null when allowed. */
  missing: z.string().nullable(),
  /** What comes nearest first. */
  considered: z.array(
    z.strictObject({
      by: z.string(),
      /** The principal itself, or the group through which it holds this. */
      via: z.string(),
      name: z.string(),
      where: z.string(),
      outcome: z.enum(['grants', 'grants-elsewhere', 'lacks-action', 'lacks-both', 'grants-nothing']),
    }),
  ),
  /** null when allowed, or when no change of definitions helps. */
  nearest: nearestAnswer.nullable(),
});
export type ExplanationAnswer = z.infer<typeof explanationAnswer>;

/** What is answered to a question that was explained. */
export function answerOf(explanation: Explanation, question: DecisionQuestion): ExplanationAnswer {
  const { decision, needs, missing, considered, nearest } = explanation;
  const decided = decisionAnswerOf(decision, question);
  return {
    ...decided,
    needs,
    missing: question.refusal === null ? missing : decided.message,
    considered: considered.map(({ ref, via, name, where, outcome }) => {
      return { by: referenceTo(ref), via, name, where, outcome };
    }),
    nearest: nearest === null ? null : nearestOf(nearest),
  };
}

function nearestOf({
  kind,
  message,
  ...rest
}: NearestFix & { readonly ref?: GrantRef }): z.infer<typeof nearestAnswer> {
  const { ref, ...named } = rest;
  return { kind, message, ...named, ...(ref === undefined ? {} : { by: referenceTo(ref) }) };
}
