import { activityTopics } from './events/activity-recorded.v1.js';
import { changeTopics } from './events/change-recorded.v1.js';
import { definitionChanged } from './events/definition-changed.v1.js';
import { expiryNoticed } from './events/expiry-noticed.v1.js';
import { minimumRaised } from './events/minimum-raised.v1.js';
import { repositoryDeleted } from './events/repository-deleted.v1.js';
import { signingKeyChanged } from './events/signing-key-changed.v1.js';

/** Every topic of the platform; `infra/topics` creates exactly these. */
export const topics = [
  definitionChanged,
  minimumRaised,
  signingKeyChanged,
  repositoryDeleted,
  expiryNoticed,
  ...Object.values(activityTopics),
  ...Object.values(changeTopics),
] as const;

/** The state topics by name, with what a copy needs of them. */
export const stateTopics = [definitionChanged, minimumRaised, signingKeyChanged, repositoryDeleted] as const;
