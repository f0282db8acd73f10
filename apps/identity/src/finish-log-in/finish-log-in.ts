import type { EntryOrigin } from '@berth/http';
import { Database } from '@berth/persistence';
import { Inject, Injectable } from '@nestjs/common';
import { FederatedPeople } from '../federated-people.js';
import { IDENTITY_PROVIDER, noIdentityProvider, type IdentityProvider } from '../identity-provider.js';
import type { Person } from '../person.js';
import { Sessions } from '../sessions.js';
import { LogInDoor } from './log-in-door.js';

/** A browser that came back from the identity provider. */
export interface ReturningBrowser {
  /** As it came, from the question mark on. */
  readonly query: string;
  /** What it kept of the log-in that it began; null = nothing. */
  readonly attempt: string | null;
  readonly origin: EntryOrigin;
}

/** Finishes the log-in of a person: keeps their user and groups in step with the identity provider and opens a session. */
@Injectable()
export class FinishLogIn {
  constructor(
    @Inject(IDENTITY_PROVIDER) private readonly provider: IdentityProvider | null,
    private readonly door: LogInDoor,
    private readonly people: FederatedPeople,
    private readonly sessions: Sessions,
    private readonly db: Database,
  ) {}

  /**
   * @returns the session's secret, and where the browser goes on
   * @throws AppError 'not-found' without an identity provider; 'malformed' with code `log-in-not-begun` when this browser began
   *   none, or too long ago; 'denied' when the provider lets nobody in, or the user is disabled (with an entry in the audit
   *   log); 'unavailable' without the provider or Postgres, 'rate-limited'
   */
  async execute({ query, attempt, origin }: ReturningBrowser): Promise<{ secret: string; returnTo: string }> {
    const { provider } = this;
    if (provider === null) throw noIdentityProvider();
    const begun = this.door.admit(attempt, origin);
    return this.door.tellRefusals(origin, async () => {
      const person = await provider.finish(query, begun);
      return { secret: await this.open(person, origin), returnTo: begun.returnTo };
    });
  }

  private async open(person: Person, origin: EntryOrigin): Promise<string> {
    const { user, secret } = await this.db.transaction((tx) =>
      this.people.recognise(tx, { person, origin }, async (known) => ({
        user: known,
        secret: (await this.sessions.open(tx, known)).secret,
      })),
    );
    await this.door.tellLogIn(origin, { id: `user:${user.id}`, name: user.name });
    return secret;
  }
}
