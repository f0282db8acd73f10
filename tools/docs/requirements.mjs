import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Ids at the start of a test's own name or of a group around it: `S1-12`, `S2-AcrPush-Push`, `A4`, `D1 to D5` (decisions). */
const idPattern = /(?<![\w-])(S\d-[\w-]+|[A-I]\d{1,2}|decision \d)(?![\w-])/g;

/** What a family of ids is about, for the page's headings. */
const families = [
  [/^S0-/, 'Repository-scoped permissions: what the capability is for'],
  [/^S1-/, 'Scope maps and tokens: the walk-through'],
  [/^S2-/, 'Roles and permissions'],
  [/^S3-/, 'Roles with quarantine'],
  [/^S4-/, 'Access policies'],
  [/^decision /, 'The five decisions of the architecture'],
  [/^[A-I]\d/, 'Bad input'],
];

function groupById(tests) {
  const byId = new Map();
  for (const test of tests) {
    for (const [id] of test.name.matchAll(idPattern)) byId.set(id, [...(byId.get(id) ?? []), test]);
  }
  return byId;
}

function familySection([pattern, title], byId) {
  const ids = [...byId.keys()].filter((id) => pattern.test(id));
  if (ids.length === 0) return '';
  const collator = new Intl.Collator('en', { numeric: true });
  const rows = ids
    .sort(collator.compare)
    .flatMap((id) =>
      byId
        .get(id)
        .map((test) => `| ${id} | ${test.name.replaceAll('|', '\\|')} | ${test.outcome} | \`${test.file}\` |`),
    );
  return `\n## ${title}\n\n| Id | Test | Result | File |\n|---|---|---|---|\n${rows.join('\n')}\n`;
}

/** Renders the page that shows which requirement is proven by which test, from the results of one run. */
export function renderRequirements(tests) {
  // Vitest reports files as they end, which differs from run to run.
  const keyOf = ({ file, name }) => `${file} ${name}`;
  const byId = groupById([...tests].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)));
  const proven = [...byId.values()].filter((of) => of.every((test) => test.outcome === 'passed')).length;
  const head = `# Requirements and their proofs

Written by \`npm test\` from the names and results of the tests; do not edit. ${proven} of ${byId.size} ids that a test names are
proven by tests that all passed. A skipped test says in its own name what it needs.
`;
  return head + families.map((family) => familySection(family, byId)).join('');
}

/** Writes docs/requirements.md, only when it changes, so that a run leaves a clean tree clean. */
export function writeRequirements(root, tests) {
  const file = join(root, 'docs/requirements.md');
  const page = renderRequirements(tests);
  let before = '';
  try {
    before = readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (before !== page) writeFileSync(file, page);
}
