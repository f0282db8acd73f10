const tagPattern = /^(?:\*|[A-Za-z0-9_][A-Za-z0-9._-]{0,127}\*?)$/;

/** Whether `s` stands for tags of a repository, existing or not: a tag, a start of tags such as `v*`, or `*`. */
export function isTagPattern(s: string): boolean {
  return tagPattern.test(s);
}

/** Whether a tag is one that a pattern stands for. */
export function tagPatternCovers(pattern: string, tag: string): boolean {
  return pattern.endsWith('*') ? tag.startsWith(pattern.slice(0, -1)) : tag === pattern;
}
