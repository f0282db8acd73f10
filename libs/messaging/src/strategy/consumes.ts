import type { Topic } from '@berth/contracts';
import { applyDecorators, Catch, UseFilters, type ExceptionFilter } from '@nestjs/common';
import { EventPattern } from '@nestjs/microservices';
import { throwError, type Observable } from 'rxjs';
import type { ConsumedEvent, StateRecord } from './consumed-event.js';

/** Set in a handler's `extras` by {@link Consumes}; the strategy refuses a handler without it. */
export const consumesMark = 'berthConsumes';

/** Nest's own filter turns every error into "Internal server error"; the strategy needs the error itself. */
@Catch()
class PassOn implements ExceptionFilter {
  catch(error: unknown): Observable<never> {
    return throwError(() => error);
  }
}

/** A method that takes one batch; typed so that a handler of another topic's data doesn't compile. */
type HandlerDecorator<Batch> = <Handler extends (records: Batch) => Promise<void>>(
  target: object,
  name: string | symbol,
  method: TypedPropertyDescriptor<Handler>,
) => void;

/**
 * Declares a controller's method as the consumer of a topic, or of several with the same kind of data. It is
 * `@EventPattern(topic.name)` and one thing more: Nest would hide the handler's errors from the strategy, which has to tell
 * a store that is away (`AppError` 'unavailable': the batch is tried until the store is back) from a record that can't be
 * handled (3 tries, then the topic stops).
 *
 * The method gets one batch of one partition in the order of its offsets: `StateRecord<Data>[]` of a state topic,
 * `ConsumedEvent<Data>[]` of a work topic, never an empty one. Two methods may consume one topic: a batch is handled once
 * both have resolved, and both get it again when one throws. So a handler is idempotent, by version or by event id.
 */
export function Consumes<Data>(
  ...topics: readonly (Topic<Data> & { readonly delivery: 'state' })[]
): HandlerDecorator<StateRecord<Data>[]>;
export function Consumes<Data>(
  ...topics: readonly (Topic<Data> & { readonly delivery: 'work' })[]
): HandlerDecorator<ConsumedEvent<Data>[]>;
export function Consumes(...topics: readonly Pick<Topic<never>, 'name'>[]): MethodDecorator {
  const names = topics.map(({ name }) => name);
  return applyDecorators(EventPattern<string[]>(names, { [consumesMark]: true }), UseFilters(PassOn));
}
