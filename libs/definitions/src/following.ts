import type { ChangesPage, Service } from '@berth/contracts';
import type { StateProgress } from '@berth/messaging';
import type { Database } from '@berth/persistence';
import type { Logger, Metrics } from '@berth/telemetry';
import type { DynamicModule, InjectionToken, Provider, Type } from '@nestjs/common';
import type { Follower, Repeat } from './follower.js';

/** What following an owner takes; an app gives it from its own providers. */
export interface FollowingOptions {
  readonly db: Database;
  /** Epoch milliseconds. */
  readonly clock: () => number;
  readonly logger: Logger;
  /** Where the size of the copy is told; specs leave it out. */
  readonly metrics?: Metrics;
  /** `(topic) => strategy.progress(topic)`. */
  readonly progressOf: (topic: string) => StateProgress;
  /** `(after) => ownerClient.getJson('/internal/changes?after=' + after, { schema: changesPage })`. */
  readonly poll: (after: number) => Promise<ChangesPage>;
  /** Default: a timer; specs give their own. */
  readonly repeat?: Repeat;
}

/** Tells how old the copy of an owner's state is; +Inf until it was whole once. */
export function tellAge({ metrics }: Pick<FollowingOptions, 'metrics'>, owner: Service, follower: Follower): void {
  metrics?.gauge({
    name: `berth_${owner}_copy_age_seconds`,
    help: `Time since the copy of what ${owner} published was known to hold all of it`,
    read: () => follower.ageMs() / 1000,
  });
}

/** Where an app takes {@link FollowingOptions} from, as in Nest's factory providers. */
export interface FollowingFactory<Options> {
  readonly imports?: NonNullable<DynamicModule['imports']>;
  readonly inject?: readonly InjectionToken[];
  // Nest passes what `inject` names, in that order; the app types it.
  readonly useFactory: (...injected: never[]) => Options | Promise<Options>;
}

/** A module to import, or whose `controllers` and `providers` are spread into the app's own module. */
export type FollowingModule = DynamicModule & { readonly controllers: Type[]; readonly providers: Provider[] };

/** What {@link followingModule} is made of. */
interface FollowingParts<Options, Following extends object, Shown> {
  /** Nest knows a module by its class: one of its own for each owner. */
  readonly module: Type;
  readonly consumer: Type;
  readonly following: new (options: Options) => Following;
  /** What of the copy is provided by itself, and under which class. */
  readonly shown: Type<Shown>;
  readonly show: (following: Following) => Shown;
}

/** The module by which an app follows one owner. */
export function followingModule<Options, Following extends object, Shown>(
  { module, consumer, following, shown, show }: FollowingParts<Options, Following, Shown>,
  { imports = [], inject = [], useFactory }: FollowingFactory<Options>,
): FollowingModule {
  return {
    module,
    imports,
    controllers: [consumer],
    providers: [
      {
        provide: following,
        inject: [...inject],
        useFactory: async (...injected: never[]) => new following(await useFactory(...injected)),
      },
      { provide: shown, inject: [following], useFactory: show },
    ],
    exports: [following, shown],
  };
}
