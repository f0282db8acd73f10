/** What a broker's settings depend on. */
export interface BrokerSettings {
  readonly port: number;
  readonly controllerPort: number;
  readonly logDir: string;
  /** `durable`: each batch is on disk before it is acknowledged. */
  readonly durability: 'durable' | 'throw-away';
}

/**
 * `server.properties` of one broker that is its own controller.
 *
 * @source Apache Kafka 4.1 broker configuration
 */
export function brokerProperties({ port, controllerPort, logDir, durability }: BrokerSettings): string {
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': '1',
    'controller.quorum.voters': `1@127.0.0.1:${controllerPort}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'inter.broker.listener.name': 'PLAINTEXT',
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT',
    'log.dirs': logDir,
    ...oneBroker,
    ...small,
    ...quickFailover,
    ...(durability === 'durable' ? { 'log.flush.interval.messages': '1' } : {}),
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('');
}

/** Nothing can be replicated; topics are made by infra/topics alone. */
const oneBroker = {
  'num.partitions': '3',
  'default.replication.factor': '1',
  'min.insync.replicas': '1',
  'offsets.topic.replication.factor': '1',
  'offsets.topic.num.partitions': '3',
  'transaction.state.log.replication.factor': '1',
  'transaction.state.log.min.isr': '1',
  'transaction.state.log.num.partitions': '3',
  'share.coordinator.state.topic.replication.factor': '1',
  'share.coordinator.state.topic.min.isr': '1',
  'auto.create.topics.enable': 'false',
};

const small = {
  'num.network.threads': '2',
  'num.io.threads': '2',
  'log.cleaner.dedupe.buffer.size': '16777216',
  'log.segment.bytes': '67108864',
  'log.cleaner.backoff.ms': '1000',
};

/** A killed consumer's partitions go to another within seconds; a killed broker is back without waiting for itself. */
const quickFailover = {
  'group.initial.rebalance.delay.ms': '0',
  'group.min.session.timeout.ms': '1000',
  'group.consumer.min.session.timeout.ms': '6000',
  'group.consumer.session.timeout.ms': '6000',
  'group.consumer.min.heartbeat.interval.ms': '1000',
  'group.consumer.heartbeat.interval.ms': '1000',
  'broker.heartbeat.interval.ms': '500',
  'broker.session.timeout.ms': '3000',
};
