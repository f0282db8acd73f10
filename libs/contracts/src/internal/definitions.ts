import { z } from 'zod';
import { definition } from '../events/definition-changed.v1.js';
import { storableText } from '../scalars.js';

/** `GET /internal/definitions/{kind}?registry=<id>&name=` of policy: the one definition of that name; 404 when there is none. */
export const definitionQuery = z.strictObject({ registry: z.uuid().optional(), name: storableText(300) });
export const definitionAnswer = z.strictObject({ definition });
export type DefinitionAnswer = z.infer<typeof definitionAnswer>;
