import process from 'node:process';
import { errorMessage } from '@berth/errors';

/**
 * Runs what a process was started for. What keeps it from being done, such as an unusable configuration, is said on
 * standard error in plain words, and the process ends with 1.
 *
 * @param failure what then could not be done, as in `policy could not start`
 */
export async function runMain(failure: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (e) {
    process.stderr.write(`${failure}: ${errorMessage(e)}\n`);
    process.exitCode = 1;
  }
}
