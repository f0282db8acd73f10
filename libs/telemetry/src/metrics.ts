import { AppError } from '@berth/errors';
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

/** One number of a metric, with the labels it stands for. */
export interface Sample {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
}

/** How a metric is declared. Labels are of low cardinality: a status or a kind, never a name or an id. */
export interface MetricOptions {
  /** `berth_<what>_<unit>`; a counter ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly labels?: readonly string[];
}

/** A metric that is asked for its numbers when somebody reads the metrics: free of cost until then. */
export interface ReadMetricOptions extends MetricOptions {
  readonly read?: () => number | readonly Sample[];
}

/** The metrics of one process, in a registry of their own, each with the labels `service` and `instance`. */
export class Metrics {
  private readonly registry = new Registry();

  constructor(service: string, instance: string) {
    this.registry.setDefaultLabels({ service, instance });
    collectDefaultMetrics({ register: this.registry });
  }

  /** A number that only grows. With `read` it is never increased by hand. */
  counter(options: ReadMetricOptions): Counter {
    const { read } = options;
    const counter: Counter = new Counter({
      ...this.declared(options),
      ...(read === undefined
        ? {}
        : {
            collect: () => {
              counter.reset();
              for (const { labels, value } of samplesOf(read())) counter.inc(labels, value);
            },
          }),
    });
    return counter;
  }

  /** A number that goes up and down. */
  gauge(options: ReadMetricOptions): Gauge {
    const { read } = options;
    const gauge: Gauge = new Gauge({
      ...this.declared(options),
      ...(read === undefined
        ? {}
        : {
            collect: () => {
              gauge.reset();
              for (const { labels, value } of samplesOf(read())) gauge.set(labels, value);
            },
          }),
    });
    return gauge;
  }

  /** How numbers are distributed; `buckets` are upper bounds, ascending. */
  histogram(options: MetricOptions & { readonly buckets: readonly number[] }): Histogram {
    return new Histogram({ ...this.declared(options), buckets: [...options.buckets] });
  }

  /** All metrics in the text format that Prometheus reads; its media type is {@link contentType}. */
  text(): Promise<string> {
    return this.registry.metrics();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  private declared({ name, help, labels = [] }: MetricOptions) {
    if (!/^berth_[a-z0-9_]+$/.test(name)) {
      throw new AppError({ kind: 'bug', message: `a metric is named berth_<what>, not ${name}` });
    }
    return { name, help, labelNames: [...labels], registers: [this.registry] };
  }
}

function samplesOf(read: number | readonly Sample[]): readonly Sample[] {
  return typeof read === 'number' ? [{ labels: {}, value: read }] : read;
}
