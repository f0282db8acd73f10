/**
 * Proves that every dependency and style rule can fail: lints each deliberately bad file as if it stood at the place its
 * first line names, cruises the bad tree, and fails when one is not reported by exactly the rule that it breaks. Then it
 * cruises the real tree, which must be clean.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import extractDepcruiseConfig from 'dependency-cruiser/config-utl/extract-depcruise-config';
import extractTSConfig from 'dependency-cruiser/config-utl/extract-ts-config';
import { ESLint } from 'eslint';

const here = dirname(fileURLToPath(import.meta.url));
const root = resolve(here, '../..');
const problems = [];
let proven = 0;

function expectRed(name, rule, reported) {
  if (reported.includes(rule)) proven += 1;
  else problems.push(`${name}: expected ${rule}, reported: ${reported.join(', ') || 'nothing'}`);
}

async function proveLintRules() {
  const eslint = new ESLint({ cwd: root });
  for (const file of readdirSync(join(here, 'lint'))) {
    const code = readFileSync(join(here, 'lint', file), 'utf8');
    const [, at] = /^\/\/ at: (.+)$/m.exec(code) ?? [];
    const [, rule] = /^\/\/ rule: (.+)$/m.exec(code) ?? [];
    const [result] = await eslint.lintText(code, { filePath: join(root, at) });
    expectRed(file, rule, result?.messages.map((message) => message.ruleId) ?? []);
  }
}

async function cruiseTree(baseDir, folders) {
  const config = await extractDepcruiseConfig(join(root, '.dependency-cruiser.cjs'));
  const { output } = await cruise(
    folders,
    { ...config.options, baseDir, ruleSet: { forbidden: config.forbidden }, validate: true },
    config.options.enhancedResolveOptions,
    { tsConfig: extractTSConfig(join(root, 'tsconfig.spec.json')) },
  );
  return output;
}

async function proveTreeRules() {
  const expected = JSON.parse(readFileSync(join(here, 'tree-expectations.json'), 'utf8'));
  const { summary } = await cruiseTree(join(here, 'tree'), ['apps', 'libs']);
  for (const [from, rule] of Object.entries(expected)) {
    expectRed(
      from,
      rule,
      summary.violations.filter((violation) => violation.from === from).map((violation) => violation.rule.name),
    );
  }
}

async function checkRealTree() {
  const { summary } = await cruiseTree(root, ['apps', 'libs', 'infra']);
  if (summary.totalCruised < 50) problems.push(`only ${summary.totalCruised} files cruised: the tree was not read`);
  for (const { rule, from, to } of summary.violations) problems.push(`${rule.name}: ${from} -> ${to}`);
}

await proveLintRules();
await proveTreeRules();
await checkRealTree();
for (const problem of problems) console.error(`  ${problem}`);
console.log(`boundaries: ${proven} rules proven red, ${problems.length} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
