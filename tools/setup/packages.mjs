import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { projectNode, root, runStep, SetupError } from './step.mjs';

const lockFile = join(root, 'package-lock.json');
const installedFile = join(root, 'node_modules/.package-lock.json');
const stampFile = join(root, 'node_modules/.berth-lock-hash');

/** Runs `npm ci` when the packages in node_modules are not those of package-lock.json. */
export function installPackages() {
  const lock = readFileSync(lockFile);
  const hash = createHash('sha256').update(lock).digest('hex');
  if (readIfThere(stampFile) !== hash) {
    if (!isInstalled(JSON.parse(lock.toString()), JSON.parse(readIfThere(installedFile) ?? '{}'))) {
      runStep('Installing packages', {
        command: 'npm',
        args: ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
        env: { ...process.env, PATH: pathWithoutProject() },
        failure: 'npm ci failed: the lines above say why; run it by itself to see more.',
      });
    }
    writeFileSync(stampFile, hash);
  }
  if (existsSync(projectNode)) return;
  throw new SetupError(
    "The project's own Node is missing: run `npm ci --ignore-scripts=false`, as its install script did not run.",
  );
}

/**
 * Whether an installation has exactly what a lock file asks for.
 *
 * @param {{ packages?: Record<string, LockedPackage> }} lock package-lock.json
 * @param {{ packages?: Record<string, LockedPackage> }} installed npm's own record of what it put into node_modules
 * @typedef {{ version?: string, integrity?: string, link?: boolean, resolved?: string, optional?: boolean }} LockedPackage
 */
export function isInstalled(lock, installed) {
  const inModules = (packages = {}) => Object.entries(packages).filter(([path]) => path.includes('node_modules/'));
  const wanted = new Map(inModules(lock.packages));
  const found = new Map(inModules(installed.packages));
  const same = (one, other) =>
    one.link ? one.resolved === other.resolved : one.version === other.version && one.integrity === other.integrity;
  const allThere = [...wanted].every(([path, one]) => {
    const other = found.get(path);
    // Packages for other kinds of machine are optional and left out.
    return other === undefined ? one.optional === true : same(one, other);
  });
  return allThere && [...found.keys()].every((path) => wanted.has(path));
}

/** npm must not run on the Node that it is about to replace. */
function pathWithoutProject() {
  const bin = join(root, 'node_modules/.bin');
  return (process.env.PATH ?? '')
    .split(delimiter)
    .filter((entry) => entry !== bin)
    .join(delimiter);
}

function readIfThere(path) {
  return existsSync(path) ? readFileSync(path, 'utf8').trim() : null;
}
