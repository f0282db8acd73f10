import type { DefinitionsView } from '@berth/definitions';
import { z } from 'zod';
import type { RepositoryToken } from './repository-token.js';
import { answerOf, tokenAnswer } from './token-answer.js';

/** A person's own token as it is shown to them: with the registry that it is for; null = that is gone. */
export const personalTokenAnswer = tokenAnswer.extend({ registry: z.string().nullable() });

export type PersonalTokenAnswer = z.infer<typeof personalTokenAnswer>;

export function personalTokenOf(token: RepositoryToken, view: DefinitionsView): PersonalTokenAnswer {
  return { ...answerOf(token, view), registry: view.registry(token.registryId)?.name ?? null };
}
