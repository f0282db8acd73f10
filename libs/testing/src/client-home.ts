import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { basic, type Login } from './docker-client.js';
import { runCommand, type CommandOutcome } from './real-client.js';

/** Whose home it is: somebody logged in to one registry, over HTTP. */
export interface ClientOwner {
  readonly loginServer: string;
  readonly login: Login;
}

/**
 * The home folder of a person who is logged in with skopeo, crane, regctl, oras, helm and cosign at once. What the person at
 * this machine has configured plays no part.
 */
export class ClientHome {
  private constructor(readonly folder: string) {}

  /** Writes the files in which the clients look for credentials; the folder is made. */
  static async create(folder: string, { loginServer, login }: ClientOwner): Promise<ClientHome> {
    await mkdir(folder, { recursive: true });
    const auth = basic(login).slice('Basic '.length);
    const host = { tls: 'disabled', hostname: loginServer, user: login.username, pass: login.password };
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [loginServer]: { auth } } }));
    await writeFile(join(folder, 'regctl.json'), JSON.stringify({ hosts: { [loginServer]: host } }));
    return new ClientHome(folder);
  }

  /** A path in the folder; a client's relative paths start there too. */
  path(...parts: readonly string[]): string {
    return join(this.folder, ...parts);
  }

  /**
   * Runs a client to its end, at most 60 s, in the folder.
   *
   * @returns what it said, standard error included
   * @throws an error that shows it when the client failed
   */
  async run(command: string, ...args: readonly string[]): Promise<string> {
    const { status, output } = await this.attempt(command, ...args);
    if (status === 0) return output;
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${output}`);
  }

  /** The same for what may fail. */
  attempt(command: string, ...args: readonly string[]): Promise<CommandOutcome> {
    const settings = Object.entries({
      HOME: this.folder,
      DOCKER_CONFIG: this.folder,
      REGISTRY_AUTH_FILE: this.path('config.json'),
      REGCTL_CONFIG: this.path('regctl.json'),
      HELM_REGISTRY_CONFIG: this.path('config.json'),
      // Of the key that cosign makes.
      COSIGN_PASSWORD: 'secret of a test',
    }).map(([name, value]) => `${name}=${value}`);
    return runCommand('env', ['-C', this.folder, ...settings, command, ...args]);
  }
}
