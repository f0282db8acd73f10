import { invalidRequest } from './invalid-request.js';

/** Most parameters of a form; every one that means something is far fewer. */
const maxParameters = 32;

/** A body of the token endpoint as it came, undecoded. Its own class, so that no JSON passes for it. */
export class FormBody {
  constructor(readonly text: string) {}
}

/**
 * The parameters of an `application/x-www-form-urlencoded` body, strictly: each name once, everything decodable. Names
 * that mean nothing here are kept, since OAuth asks that they be ignored. So two programs that read the same bytes can't
 * see two credentials.
 *
 * @throws AppError 'malformed' with code `invalid_request`; its message repeats nothing that was sent
 * @source RFC 6749 sections 3.2 and appendix B; WHATWG URL, "application/x-www-form-urlencoded"
 */
export function parseForm(body: unknown): ReadonlyMap<string, string> {
  if (!(body instanceof FormBody)) throw invalidRequest('the body must be application/x-www-form-urlencoded');
  const parts = body.text === '' ? [] : body.text.split('&', maxParameters + 1);
  if (parts.length > maxParameters) throw invalidRequest(`a form has at most ${maxParameters} parameters`);
  const form = new Map<string, string>();
  for (const part of parts) {
    const equals = part.indexOf('=');
    if (equals < 1) throw invalidRequest('each parameter of a form is name=value');
    const name = decoded(part.slice(0, equals));
    if (form.has(name)) throw invalidRequest('a parameter of a form is given once');
    form.set(name, decoded(part.slice(equals + 1)));
  }
  return form;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw invalidRequest('a parameter of the form is not percent-encoded UTF-8');
  }
}
