const none: readonly never[] = [];

/** Things by their id, and in groups that share a key, each in the order in which they came. */
export class KeyedIndex<T extends { readonly id: string }> {
  private readonly byId = new Map<string, T>();
  private readonly byKey = new Map<string, T[]>();
  /** Groups that somebody may hold; the others grow in place, or loading n of them would cost n * n. */
  private readonly handedOut = new WeakSet<readonly T[]>();

  /** @param keyOf what several things may share; must not change for one object */
  constructor(private readonly keyOf: (thing: T) => string) {}

  /** Takes in a thing whose id is not in here. */
  add(thing: T): void {
    this.byId.set(thing.id, thing);
    const key = this.keyOf(thing);
    const group = this.byKey.get(key);
    if (group === undefined) this.byKey.set(key, [thing]);
    else if (this.handedOut.has(group)) this.byKey.set(key, [...group, thing]);
    else group.push(thing);
  }

  remove(id: string): void {
    const known = this.byId.get(id);
    if (known === undefined) return;
    this.byId.delete(id);
    const key = this.keyOf(known);
    const left = (this.byKey.get(key) ?? []).filter((thing) => thing.id !== id);
    if (left.length === 0) this.byKey.delete(key);
    else this.byKey.set(key, left);
  }

  get(id: string): T | null {
    return this.byId.get(id) ?? null;
  }

  /** All with this key; the same array until one of them changes, and never changed itself. */
  of(key: string): readonly T[] {
    const group = this.byKey.get(key);
    if (group === undefined) return none;
    this.handedOut.add(group);
    return group;
  }

  values(): Iterable<T> {
    return this.byId.values();
  }
}
