import { existsSync, globSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const pages = globSync(['*.md', 'docs/**/*.md', '{apps,libs,infra,tools,load-tests}/**/README.md'], {
  cwd: root,
  exclude: (path) => path.includes('node_modules'),
}).filter((page) => page !== 'docs/requirements.md');

/** Paths in back-ticks that begin with a folder of the project; `<..>` and `*` mark a pattern, not a path. */
function namedPaths(text) {
  return [...text.matchAll(/`((?:apps|libs|infra|tools|load-tests|docs)\/[^`\s]+)`/g)]
    .map(([, path]) => path)
    .filter((path) => !/[<>*{}]/.test(path));
}

/** Relative targets of links, without their fragment. */
function linkTargets(text) {
  return [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map(([, target]) => target);
}

describe('documents', () => {
  it('are found', () => expect(pages).toContain('README.md'));

  it.each(pages)('%s names only paths that exist', (page) => {
    const text = readFileSync(join(root, page), 'utf8');
    const missing = [
      ...namedPaths(text).filter((path) => !existsSync(join(root, path))),
      ...linkTargets(text).filter((target) => !existsSync(resolve(root, dirname(page), target))),
    ];
    expect(missing).toEqual([]);
  });
});
