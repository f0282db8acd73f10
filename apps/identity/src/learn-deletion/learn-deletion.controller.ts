import { repositoryDeletionRequest, type RepositoryDeletion } from '@berth/contracts';
import { RegistryFollowing } from '@berth/definitions';
import { InternalOnly, Route } from '@berth/http';
import { Body, Controller, Post } from '@nestjs/common';

/** The registry tells of a deletion before it answers its caller; the record that it publishes is the sure way. */
@Controller('internal/repository-deletions')
export class LearnDeletionController {
  constructor(private readonly registry: RegistryFollowing) {}

  /** Answers once the deletion is in the table of which every replica reads the epoch before it signs. */
  @Post()
  @InternalOnly()
  @Route({ statuses: [204, 400, 503] })
  async learn(@Body({ schema: repositoryDeletionRequest }) deletion: RepositoryDeletion): Promise<void> {
    await this.registry.learn(deletion);
  }
}
