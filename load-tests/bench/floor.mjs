/**
 * What the machine takes for the least that an HTTP answer can be: node:http answering 600 bytes. Cores that are shared, or
 * run slower than those of another day, show here, so that figures of two runs can be compared.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const server = `
  const body = 'x'.repeat(600);
  require('node:http')
    .createServer((_, answer) => answer.end(body))
    .listen(0, '127.0.0.1', function () { console.log(this.address().port); });
`;

/** @returns {Promise<{ pid: number, url: string, stop: () => void }>} */
export async function startFloor() {
  const child = spawn(process.execPath, ['-e', server], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { pid: child.pid, url: `http://127.0.0.1:${port.trim()}/`, stop: () => child.kill() };
}
