import { createHmac, randomBytes } from 'node:crypto';
import { basic, type Login, type TestPlatform } from '@berth/testing';

/** What somebody shows who proves who they are, or is given for it, by what it is. */
export class UsedSecrets {
  private readonly secrets = new Map<string, string>();

  /** Takes one down. Of a signed token its signature is looked for, as the rest says nothing secret. */
  add(what: string, secret: string): string {
    if (secret.length < 8) throw new Error(`${what} is no secret`);
    const signature = /^ey[^.]+\.[^.]+\.([^.]+)$/.exec(secret)?.[1];
    this.secrets.set(what, signature ?? secret);
    return secret;
  }

  /** Takes a password down, and the header that a log-in with it sends. */
  addLogin(what: string, login: Login): Login {
    this.add(`password of ${what}`, login.password);
    this.add(`Basic of ${what}`, basic(login).slice('Basic '.length));
    return login;
  }

  get size(): number {
    return this.secrets.size;
  }

  /** Which of them a text holds, as they are or as a part of an address. */
  foundIn(text: string): string[] {
    return [...this.secrets].flatMap(([what, secret]) =>
      text.includes(secret) || text.includes(encodeURIComponent(secret)) ? [what] : [],
    );
  }
}

/** A password that nobody has: unlike any word that a log holds. */
export const newSecret = () => `p${randomBytes(16).toString('hex')}`;

interface FleetKey {
  readonly id: string;
  readonly key: string;
  readonly registryId: string;
  readonly fleetId: string;
}

/** Makes one credential of each kind; every secret of theirs is taken down. */
export async function makeCredentials({ management, admin }: TestPlatform, secrets: UsedSecrets) {
  const scopeMap = 'secrets-read';
  const made = <T>(path: string, body?: object) => management.do<T>('POST', path, body);
  const local = '/registries/local';
  await management.do('PUT', `${local}/scope-maps/${scopeMap}`, { actions: ['repositories/secret/*/content/read'] });
  const logins: Record<string, Login> = { admin: secrets.addLogin('admin', admin) };
  const keep = (what: string, username: string, password: string) => {
    logins[what] = secrets.addLogin(what, { username, password });
  };

  const given = newSecret();
  const { id: userId } = await made<{ id: string }>('/users', { name: 'ada', password: given });
  keep('user', 'ada', given);
  const { id: serviceId } = await made<{ id: string }>('/service-ids', { name: 'ci' });
  for (const principal of [`user:${userId}`, `service:${serviceId}`]) {
    await made('/role-assignments', { principal, role: 'AcrPull', scope: '/registries/local' });
  }
  keep('service ID', 'ci', (await made<{ apiKey: string }>(`/service-ids/${serviceId}/api-keys`, {})).apiKey);

  await management.do('PUT', `${local}/tokens/secret-token`, { scopeMap });
  for (const slot of [1, 2]) {
    const { password } = await made<{ password: string }>(`${local}/tokens/secret-token/passwords`, { slot });
    keep(`token, password ${slot}`, 'secret-token', password);
  }
  const body = `${JSON.stringify({ name: 'imported-token', scopeMap })}\n`;
  const imported = await management.send('POST', `${local}/tokens:import`, {
    body,
    contentType: 'application/x-ndjson',
  });
  keep('imported token', 'imported-token', ((await imported.json()) as { password: string }).password);

  await management.do('PUT', `${local}/fleets/meters`, { scopeMap });
  const key = await made<FleetKey>(`${local}/fleets/meters/keys`);
  secrets.add('fleet key', key.key);
  keep('device', 'meters/device-1', devicePassword('device-1', key));
  return logins;
}

/** As docs/fleets.md says. */
function devicePassword(device: string, { id, key, registryId, fleetId }: FleetKey): string {
  const text = ['berth-fleet-1', registryId, fleetId, id, device].join('\0');
  return `brf_${id}_${createHmac('sha256', key).update(text).digest('base64url')}`;
}
