import { storableText } from '@berth/contracts';
import { z } from 'zod';

/** A name in an address: of anything that could be looked for. Whether there is such a thing is for the look-up to say. */
export const nameInPath = storableText(1024);

/** What the management API says of a repository. */
export const repositoryAnswer = z.strictObject({ name: z.string() });
