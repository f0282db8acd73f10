import { existsSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';

/** What `npm start` prints when everything serves: where it is, how to log in, and what to try first. */
export function firstSteps({ origin, port, dataDir }: { origin: string; port: number; dataDir: string }): string {
  const passwordFile = join(dataDir, 'admin-password');
  const isGenerated = existsSync(passwordFile);
  const shown = shorter(passwordFile);
  const api = `${origin}/api/v1/registries/local`;
  const curl = `curl -u "admin:${isGenerated ? `$(cat ${shown})` : '<password>'}" -H 'content-type: application/json'`;
  return [
    '',
    'Berth is ready',
    '',
    `  registry and API   ${origin}`,
    `  login server       localhost:${port}, user admin`,
    `  admin's password   ${isGenerated ? shown : 'the one you have set'}`,
    `  all addresses      ${shorter(join(dataDir, 'endpoints.json'))}`,
    '',
    'Log in, make a scope map, and a token that may do what the map says:',
    '',
    `  skopeo login --tls-verify=false -u admin --password-stdin localhost:${port}${isGenerated ? ` < ${shown}` : ''}   # or docker login`,
    `  ${curl} -X PUT ${api}/scope-maps/hello-readers -d '{"actions":["repositories/samples/hello-world/content/read"]}'`,
    `  ${curl} -X PUT ${api}/tokens/mytoken -d '{"scopeMap":"hello-readers"}'`,
    `  ${curl} -X POST ${api}/tokens/mytoken/passwords -d '{"slot":1}'`,
    '',
    'Ctrl-C stops everything; the data stays.',
  ].join('\n');
}

function shorter(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere.startsWith('..') ? path : fromHere;
}
