/** What policy asks identity, which owns the tokens. */
export abstract class TokenCounts {
  /**
   * How many tokens use a scope map.
   *
   * @throws AppError 'unavailable' when identity doesn't answer within a second
   */
  abstract ofScopeMap(scopeMapId: string): Promise<number>;
}
