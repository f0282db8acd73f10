import { activityTopics, type ActivityBatch } from '@berth/contracts';
import { Consumes, type ConsumedEvent } from '@berth/messaging';
import { Controller } from '@nestjs/common';
import { AppendActivity } from './append-activity.js';

type Events = ConsumedEvent<ActivityBatch>[];

/** Takes the spools of all services from Kafka. */
@Controller()
export class AppendActivityConsumer {
  constructor(private readonly appendActivity: AppendActivity) {}

  @Consumes(activityTopics.identity)
  async fromIdentity(events: Events): Promise<void> {
    await this.append(events);
  }

  @Consumes(activityTopics.policy)
  async fromPolicy(events: Events): Promise<void> {
    await this.append(events);
  }

  @Consumes(activityTopics.registry)
  async fromRegistry(events: Events): Promise<void> {
    await this.append(events);
  }

  @Consumes(activityTopics.audit)
  async fromAudit(events: Events): Promise<void> {
    await this.append(events);
  }

  private async append(events: Events): Promise<void> {
    await this.appendActivity.execute(events.map(({ data }) => data));
  }
}
