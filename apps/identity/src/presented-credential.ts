import { passwordForm, type PasswordForm } from '@berth/tokens';
import { parseBasic, readablePassword } from './basic-credentials.js';
import type { ClientCertificate } from './client-certificate.js';

/** User name with which a refresh token is given as the password, as Azure's clients log in. */
export const refreshTokenUser = '00000000-0000-0000-0000-000000000000';

/** What a client showed to say who it is; nothing about it is true yet. */
export type Presented =
  | {
      readonly kind: 'password';
      readonly username: string;
      readonly password: string;
      /** What kind of principal it can belong to. */
      readonly form: PasswordForm;
    }
  | { readonly kind: 'refresh-token'; readonly refreshToken: string }
  | { readonly kind: 'unreadable' };

/** A credential of Berth's own, or what somebody else vouches for: a token (RFC 8693), or the key of a certificate. */
export type PresentedCredential =
  | Presented
  | {
      readonly kind: 'subject-token';
      readonly subjectToken: string;
    }
  | { readonly kind: 'certificate'; readonly certificate: ClientCertificate };

export const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange';

const unreadable: Presented = { kind: 'unreadable' };

/** The credential in an `Authorization` header; null = there is no header. */
export function presentedInHeader(authorization: string | undefined): Presented | null {
  if (authorization === undefined) return null;
  const basic = parseBasic(authorization);
  return basic === null ? unreadable : withPassword(basic.username, basic.password);
}

/** The credential in the parameters of a form; null = there is none. */
export function presentedInForm(form: ReadonlyMap<string, string>): PresentedCredential | null {
  const subjectToken = form.get('subject_token');
  if (form.get('grant_type') === tokenExchange && subjectToken !== undefined) {
    return { kind: 'subject-token', subjectToken };
  }
  const refreshToken = form.get('refresh_token');
  if (form.get('grant_type') === 'refresh_token' && refreshToken !== undefined) {
    return { kind: 'refresh-token', refreshToken };
  }
  const username = form.get('username');
  const password = form.get('password');
  if (username === undefined && password === undefined) return null;
  const basic = readablePassword(`${username ?? ''}:${password ?? ''}`);
  return basic === null || username?.includes(':') === true ? unreadable : withPassword(basic.username, basic.password);
}

/** The user name that came with it, for the audit log's keyed hash; '' where there is none. */
export function usernameOf(presented: PresentedCredential | null): string {
  return presented?.kind === 'password' ? presented.username : '';
}

function withPassword(username: string, password: string): Presented {
  if (username === refreshTokenUser) return { kind: 'refresh-token', refreshToken: password };
  return { kind: 'password', username, password, form: passwordForm(password) };
}
