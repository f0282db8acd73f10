import { InternalClient, SERVICE_SURFACE, trustedProxies, type ServiceSurface } from '@berth/http';
import { createLogger, Metrics, type Logger } from '@berth/telemetry';
import { Module, type DynamicModule } from '@nestjs/common';
import type { Config } from './config.js';
import { DescribeApiController } from './describe-api/describe-api.controller.js';
import { DescribeApi, type DescribedService } from './describe-api/describe-api.js';
import { DESTINATIONS } from './destinations.js';
import { ExchangeCredentials } from './exchange-credentials/exchange-credentials.js';
import { FORWARDING_OPTIONS, ForwardRequestController } from './forward-request/forward-request.controller.js';
import { Replicas } from './forward-request/replicas.js';
import { OriginDestinations } from './origin-destinations.js';

/** The composition root. */
@Module({})
export class AppModule {
  static with(config: Config, logger: Logger = loggerOf(config)): DynamicModule {
    const [internalKey = ''] = config.internalKeys;
    const identity = new InternalClient({
      service: 'identity',
      baseUrls: config.BERTH_IDENTITY_URL,
      key: internalKey,
      // A password's hash is slow on purpose, and others may wait before it.
      timeoutMs: 5_000,
    });
    const surface: ServiceSurface = {
      logger,
      metrics: new Metrics('gateway', config.BERTH_INSTANCE),
      trusted: { internalKeys: config.internalKeys, proxies: trustedProxies(config.BERTH_TRUSTED_PROXIES) },
      // The gateway holds nothing; that a service is away is that service's news.
      readiness: () => [],
      isOrigin: true,
    };
    return {
      module: AppModule,
      // The second one answers every address.
      controllers: [DescribeApiController, ForwardRequestController],
      providers: [
        { provide: SERVICE_SURFACE, useValue: surface },
        { provide: DescribeApi, useValue: new DescribeApi(describedServices(config), Date.now) },
        { provide: DESTINATIONS, useValue: destinationsOf(config, identity) },
        { provide: FORWARDING_OPTIONS, useValue: { internalKey, trustedProxies: config.BERTH_TRUSTED_PROXIES } },
        { provide: Replicas, useValue: new Replicas(replicasOf(config), Date.now) },
      ],
    };
  }
}

function destinationsOf(config: Config, identity: InternalClient): OriginDestinations {
  return new OriginDestinations(new ExchangeCredentials(identity), config.BERTH_PUBLIC_URL ?? null);
}

/** The gateway's log. */
export function loggerOf({ BERTH_INSTANCE, BERTH_LOG_LEVEL }: Config): Logger {
  return createLogger({ service: 'gateway', instance: BERTH_INSTANCE, level: BERTH_LOG_LEVEL });
}

/** All that have routes for people and SDKs. */
function describedServices(config: Config): readonly DescribedService[] {
  const [key = ''] = config.internalKeys;
  return Object.entries(replicasOf(config)).map(([name, baseUrls]) => ({
    name,
    client: new InternalClient({ service: name, baseUrls, key }),
  }));
}

function replicasOf(config: Config) {
  return {
    identity: config.BERTH_IDENTITY_URL,
    policy: config.BERTH_POLICY_URL,
    registry: config.BERTH_REGISTRY_URL,
    audit: config.BERTH_AUDIT_URL,
  };
}
