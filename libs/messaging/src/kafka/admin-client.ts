import { AppError, errorMessage, isAppError } from '@berth/errors';
import type { Admin } from 'kafkajs';
import type { KafkaConnection } from './connection.js';
import { within } from './within.js';

const limitMs = 5_000;

/** Asks Kafka about itself over one connection that is made at the first question and again after each failure. */
export class AdminClient {
  private connecting: Promise<Admin> | null = null;

  constructor(private readonly kafka: KafkaConnection) {}

  /**
   * Asks one question.
   *
   * @throws AppError 'unavailable' when Kafka gives no good answer within 5 s
   */
  async ask<Answer>(what: string, question: (admin: Admin) => Promise<Answer>): Promise<Answer> {
    const connecting = (this.connecting ??= this.connect());
    try {
      return await within(limitMs, what, connecting.then(question));
    } catch (e) {
      if (this.connecting === connecting) this.connecting = null;
      void disconnect(connecting);
      if (isAppError(e)) throw e;
      throw new AppError({
        kind: 'unavailable',
        message: `${what}: ${errorMessage(e)}`,
        retryAfterSeconds: 1,
        cause: e,
      });
    }
  }

  /** Closes the connection; a later question makes a new one. */
  async close(): Promise<void> {
    const connecting = this.connecting;
    this.connecting = null;
    if (connecting !== null) await disconnect(connecting);
  }

  private async connect(): Promise<Admin> {
    const admin = this.kafka.client.admin();
    await admin.connect();
    return admin;
  }
}

async function disconnect(connecting: Promise<Admin>): Promise<void> {
  try {
    await within(limitMs, 'disconnecting from Kafka', (await connecting).disconnect());
  } catch {
    // The connection is given up either way.
  }
}
