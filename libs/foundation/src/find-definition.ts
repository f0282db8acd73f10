import { definitionAnswer, type Definition, type definitionQuery } from '@berth/contracts';
import { isAppError } from '@berth/errors';
import type { InternalClient } from '@berth/http';
import type { z } from 'zod';

/**
 * Asks policy for the one definition of a name or id, as it has it now: `GET /internal/definitions/{kind}`.
 *
 * @returns null when policy says that there is none
 * @throws AppError 'unavailable' when policy doesn't answer
 */
export async function findDefinition(
  policy: Pick<InternalClient, 'getJson'>,
  kind: Definition['kind'],
  { name, registry }: z.infer<typeof definitionQuery>,
): Promise<Definition | null> {
  const path = `/internal/definitions/${kind}?${new URLSearchParams({ name, ...(registry === undefined ? {} : { registry }) }).toString()}`;
  try {
    return (await policy.getJson(path, { schema: definitionAnswer })).definition;
  } catch (e) {
    if (isAppError(e) && e.kind === 'not-found') return null;
    throw e;
  }
}
