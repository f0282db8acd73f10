/**
 * Gives the same string object for equal texts: each record is parsed with texts of its own, and the ids of an account or a
 * registry would be in memory once for each record that names them.
 */
export class SharedTexts {
  private readonly known = new Map<string, string>();

  /** For texts of which there are far fewer than records: none is ever forgotten. */
  of(text: string): string {
    const same = this.known.get(text);
    if (same !== undefined) return same;
    this.known.set(text, text);
    return text;
  }
}
