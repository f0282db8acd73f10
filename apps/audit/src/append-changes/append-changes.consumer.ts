import { changeTopics, type EntryDraft } from '@berth/contracts';
import { Consumes, type ConsumedEvent } from '@berth/messaging';
import { Controller } from '@nestjs/common';
import { AppendChanges } from './append-changes.js';

type Events = ConsumedEvent<EntryDraft>[];

/** Takes the changes of all services from Kafka. */
@Controller()
export class AppendChangesConsumer {
  constructor(private readonly appendChanges: AppendChanges) {}

  @Consumes(changeTopics.identity)
  async fromIdentity(events: Events): Promise<void> {
    await this.appendChanges.execute(events);
  }

  @Consumes(changeTopics.policy)
  async fromPolicy(events: Events): Promise<void> {
    await this.appendChanges.execute(events);
  }

  @Consumes(changeTopics.registry)
  async fromRegistry(events: Events): Promise<void> {
    await this.appendChanges.execute(events);
  }
}
