import { storableText } from '@berth/contracts';

/** A name in an address: of anything that could be looked for. Whether there is such a thing is for the look-up to say. */
export const nameInPath = storableText(1024);
