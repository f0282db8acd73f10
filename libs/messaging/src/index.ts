export { messagingMigrations } from './outbox/migrations.js';
export { Outbox, type OutboxOptions } from './outbox/outbox.js';
export { readChanges } from './outbox/changes.js';
export { OutboxRelay, type OutboxRelayOptions, type RelayStatus } from './relay/outbox-relay.js';
export { heartbeatHeader } from './relay/heartbeat.js';
export type { EventSender, OutgoingBatch, OutgoingMessage } from './relay/event-sender.js';
export { createKafka, type KafkaConnection, type KafkaConnectionOptions } from './kafka/connection.js';
export { EventProducer } from './kafka/event-producer.js';
export { ensureTopics, topicConfig, type TopicConfig, type TopicSpecification } from './kafka/ensure-topics.js';
export {
  decodeEvent,
  encodeEvent,
  type DecodedEvent,
  type EventDraft,
  type IncomingMessage,
} from './envelope/event-envelope.js';
export { Consumes } from './strategy/consumes.js';
export type { ConsumedEvent, RecordPlace, StateRecord, UnreadableRecord } from './strategy/consumed-event.js';
export type { ConsumableTopic } from './strategy/consumable-topic.js';
export { KafkaStrategy, type KafkaStrategyOptions } from './strategy/kafka-strategy.js';
export type { StateProgress } from './strategy/state-progress.js';
export { Spool, type SpoolOptions } from './spool/spool.js';
export { SpoolShipper, type ShipperStatus, type SpoolShipperOptions } from './spool/spool-shipper.js';
