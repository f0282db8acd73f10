import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { request } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

const scopeMap = 'million-read';
const tokenOf = (n) => ({ name: `device-${String(n).padStart(7, '0')}` });

/**
 * Imports tokens by one streamed request; they may pull `fleet/*`.
 *
 * @param {{ endpoints: { origin: string }, password: string }} installation
 * @param {{ from: number, to: number, of?: (n: number) => { name: string, labels?: Record<string, string> } }} range numbers
 *   of the tokens, `to` left out, and the token of each number
 * @returns {Promise<{ name: string, password: string }[]>}
 */
export async function importTokens({ endpoints, password }, { from, to, of = tokenOf }) {
  const registry = `${endpoints.origin}/api/v1/registries/local`;
  const authorization = `Basic ${Buffer.from(`admin:${password}`).toString('base64')}`;
  const put = await fetch(`${registry}/scope-maps/${scopeMap}`, {
    method: 'PUT',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ actions: ['repositories/fleet/*/content/read'] }),
  });
  if (!put.ok) throw new Error(`the scope map answered ${put.status}: ${await put.text()}`);
  const headers = { authorization, 'content-type': 'application/x-ndjson' };
  const post = request(`${registry}/tokens:import?id=million-${from}-${Date.now()}`, { method: 'POST', headers });
  const sent = pipeline(Readable.from(lines(from, to, of)), post);
  const [answer] = await once(post, 'response');
  const credentials = [];
  for await (const line of createInterface({ input: answer })) {
    const result = JSON.parse(line);
    if (result.password === undefined) throw new Error(`refused: ${line}`);
    credentials.push({ name: result.name, password: result.password });
  }
  await sent;
  if (credentials.length !== to - from) throw new Error(`${credentials.length} came back`);
  return credentials;
}

function* lines(from, to, of) {
  for (let n = from; n < to; n += 1000) {
    let chunk = '';
    for (let at = n; at < Math.min(to, n + 1000); at += 1) {
      chunk += `${JSON.stringify({ ...of(at), scopeMap })}\n`;
    }
    yield chunk;
  }
}
