import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { firstSteps } from './first-steps.js';
import { tempDir } from './temp-dir.suite.js';

const place = { origin: 'http://localhost:5000', port: 5000 };

describe('firstSteps', () => {
  it('says that Berth is ready, where, and where the generated password is, but not what it is', async () => {
    const dataDir = await tempDir();
    writeFileSync(join(dataDir, 'admin-password'), 'generated-and-secret');
    const text = firstSteps({ ...place, dataDir });
    expect(text).toMatch(/^Berth is ready$/m);
    expect(text).toContain('http://localhost:5000');
    expect(text).toContain(`admin's password   ${join(dataDir, 'admin-password')}`);
    expect(text).toContain(`--password-stdin localhost:5000 < ${join(dataDir, 'admin-password')}`);
    expect(text).not.toContain('generated-and-secret');
  });

  it('names no file when the password was given', async () => {
    const text = firstSteps({ ...place, dataDir: await tempDir() });
    expect(text).not.toContain('admin-password');
    expect(text).toContain("admin's password   the one you have set");
  });
});
