import { entryDraft, type EntryDraft } from '../audit-entry.js';
import type { Service } from '../ids.js';
import { workTopic } from '../topic.js';

/** A state change of one service as an entry of the audit log; written by the outbox in the change's own transaction. */
function changeRecorded(service: Service) {
  return workTopic<EntryDraft>({
    name: `${service}.change-recorded.v1`,
    producer: service,
    partitions: 3,
    schema: entryDraft,
    keyOf: (draft) => draft.target.resource ?? draft.target.repository ?? draft.account,
  });
}

export const changeTopics = {
  identity: changeRecorded('identity'),
  policy: changeRecorded('policy'),
  registry: changeRecorded('registry'),
} as const;
