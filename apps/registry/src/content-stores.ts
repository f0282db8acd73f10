import { Injectable } from '@nestjs/common';
import { BlobIndexStore } from './blob.js';
import { ManifestStore } from './manifest.js';
import { RepositoryStore } from './repository.js';

/** The stores of what repositories hold, which a push writes together. */
@Injectable()
export class ContentStores {
  constructor(
    readonly repositories: RepositoryStore,
    readonly manifests: ManifestStore,
    readonly blobs: BlobIndexStore,
  ) {}
}
