/** Which of a registry's tokens: those that fulfil everything that is given; null = whatever it is. */
export interface TokenFilter {
  /** How the name begins. */
  readonly prefix: string | null;
  /** At most 1,000. */
  readonly names: readonly string[] | null;
  /** Has all of these labels, with these values. */
  readonly labels: Readonly<Record<string, string>> | null;
  readonly status: 'enabled' | 'disabled' | null;
  readonly scopeMapId: string | null;
}

export const anyToken: TokenFilter = { prefix: null, names: null, labels: null, status: null, scopeMapId: null };
