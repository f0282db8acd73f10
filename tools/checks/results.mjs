import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const outcomes = { passed: 'passed', failed: 'failed', pending: 'skipped', skipped: 'skipped', todo: 'skipped' };

/**
 * Reads vitest's JSON report.
 *
 * @param {string} file
 * @returns {{ file: string, name: string, outcome: 'passed' | 'failed' | 'skipped' }[]} empty when there is no report;
 *   a spec file that failed before its first test counts as one failed test
 */
export function readResults(file) {
  if (!existsSync(file)) return [];
  const { testResults } = JSON.parse(readFileSync(file, 'utf8'));
  return testResults.flatMap((suite) => {
    const path = relative(process.cwd(), suite.name);
    if (suite.status === 'failed' && suite.assertionResults.length === 0) {
      return [{ file: path, name: `(could not be run) ${suite.message ?? ''}`.trim(), outcome: 'failed' }];
    }
    return suite.assertionResults.map(({ fullName, status }) => ({
      file: path,
      name: fullName.trim(),
      outcome: outcomes[status] ?? 'failed',
    }));
  });
}
