import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { services, storingServices, type ServiceName } from './services.js';

const service = `
import { appendFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
const { BERTH_DATA_DIR: dir, BERTH_INSTANCE: name, BERTH_LISTEN: listen } = process.env;
writeFileSync(dir + '/seen-' + name + '.json', JSON.stringify(process.env));
console.log(name + ' says hello');
const [host, port] = listen.split(':');
const server = createServer((request, response) => {
  response.writeHead(request.url === '/health/ready' ? 200 : 404).end('{}');
}).listen(Number(port), host);
process.on('SIGTERM', () => {
  appendFileSync(dir + '/stops', name + ' ');
  process.exit(0);
});
`;

const oneShot = `
import { writeFileSync } from 'node:fs';
writeFileSync(import.meta.dirname + '/seen.json', JSON.stringify(process.env));
`;

/** Ends at once, as a service does that can't read its settings. */
export const brokenService = `console.error('the configuration is not usable: BERTH_X'); process.exit(3);`;

/** Starts and never becomes ready. */
export const silentService = `setInterval(() => {}, 1000);`;

/** Writes tiny programs where the platform looks for its own, so that the launcher is tried without them. */
export async function writeStandIns(root: string, others: Partial<Record<ServiceName, string>> = {}): Promise<void> {
  const write = async (path: string, text: string) => {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  };
  await write('package.json', '{"type":"module"}');
  await write('infra/topics/dist/create-topics.js', oneShot);
  for (const name of storingServices) await write(`apps/${name}/dist/migrate.js`, oneShot);
  for (const name of services) await write(`apps/${name}/dist/main.js`, others[name] ?? service);
}
