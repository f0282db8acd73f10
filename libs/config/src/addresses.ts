import { isIP, isIPv6 } from 'node:net';
import { parseList, setting } from './setting.js';

/** Where a server listens. */
export interface ListenAddress {
  /** A name or address without brackets. */
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
}

/** `127.0.0.1:5000` or `[::1]:5000`; port 0 asks for a free one. */
export const listenAddress = setting('host:port, such as 127.0.0.1:5000', (text) => parseHostPort(text, 0));

/** Kafka's bootstrap addresses, `a:9092,b:9092`, as strings. */
export const brokerList = setting('host:port[,host:port..], such as 127.0.0.1:9092', (text) =>
  parseList(text, (part) => (parseHostPort(part, 1) === undefined ? undefined : part)),
);

/** An address with scheme and host and nothing else, `https://registry.example.com`; no slash at its end. */
export const originUrl = setting('an origin, such as http://localhost:5000', parseOrigin);

/** An absolute http or https address, path allowed. */
export const httpUrl = setting('an address, such as http://localhost:5000/oauth2/token', (text) => {
  const url = parseHttp(text);
  return url === undefined || url.hash !== '' ? undefined : text;
});

/** Origins of the replicas of a service, `http://a:1,http://b:1`. */
export const urlList = setting('origins, such as http://127.0.0.1:5001,http://127.0.0.1:5002', (text) =>
  parseList(text, parseOrigin),
);

/** The address of a database with its login, as one string. */
export const postgresUrl = setting('postgres://<role>:<password>@<host>:<port>/<database>', (text) => {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPostgres = url?.protocol === 'postgres:' || url?.protocol === 'postgresql:';
  return isPostgres && url.username !== '' && url.pathname.length > 1 ? text : undefined;
});

/** Addresses and networks of proxies that are believed, `10.0.0.1,10.1.0.0/16`. */
export const addressList = setting('addresses or networks, such as 10.0.0.1,10.1.0.0/16', (text) =>
  parseList(text, parseNetwork),
);

/** Addresses, networks and names of hosts, `10.1.0.0/16,idp.example.internal`; empty = none. */
export const hostList = setting('addresses, networks or names of hosts, such as 10.1.0.0/16,idp.internal', (text) =>
  text === '' ? [] : parseList(text, (part) => parseNetwork(part) ?? parseHostName(part)),
);

/** `host:port` with brackets around an IPv6 address; undefined when it isn't one. */
export function parseHostPort(text: string, lowestPort: number): ListenAddress | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9._-]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535 || port < lowestPort) return undefined;
  return bracketed !== undefined && !isIPv6(bracketed) ? undefined : { host, port };
}

function parseHttp(text: string): URL | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== 'http:' && url.protocol !== 'https:')) return undefined;
  return url.username === '' && url.password === '' ? url : undefined;
}

function parseOrigin(text: string): string | undefined {
  const url = parseHttp(text);
  return url !== undefined && url.pathname === '/' && url.search === '' && url.hash === '' ? url.origin : undefined;
}

function parseNetwork(text: string): string | undefined {
  const [address = '', bits, ...rest] = text.split('/');
  const most = isIP(address) === 4 ? 32 : 128;
  const isRight = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= most);
  return isIP(address) !== 0 && isRight && rest.length === 0 ? text : undefined;
}

/** A name whose last label begins with a letter: what ends in a number is an address to those who connect. */
function parseHostName(text: string): string | undefined {
  const isName =
    text.length <= 253 && /^(?:[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?\.)*[a-z][a-z0-9-]{0,62}\.?$/i.test(text);
  return isName ? text : undefined;
}
