import { storableText } from '@berth/contracts';

/** An address as people write it; nothing is sent to it and nothing decided by it. */
export const emailField = storableText(254).regex(/^[^\s@\p{Cc}]+@[^\s@\p{Cc}]+$/u, 'no e-mail address');
