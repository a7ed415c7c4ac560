import { AggregatorRegistry, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricDefinition, metricTable } from './metric-names.js';

type Table = typeof metricTable;
type Label<N extends keyof Table> = Table[N]['labels'][number];
type Instrument<N extends keyof Table> = {
  counter: Counter<Label<N>>;
  gauge: Gauge<Label<N>>;
  histogram: Histogram<Label<N>>;
}[Table[N]['type']];

export type MetricName = keyof Table;

/** What was counted so far, by metric: plain data, which may cross to another thread. */
export type Counted = readonly CountedMetric[];

export interface CountedMetric {
  name: string;
  values: readonly { value: number; labels: Readonly<Partial<Record<string, string | number>>> }[];
}

/** Every metric under its name, and the page of them. Each thread (or test) has its own. */
export type Metrics = { readonly [N in MetricName]: Instrument<N> } & {
  /** The Prometheus text page: all that is counted here and by those added, and the defaults of the process. */
  page(): Promise<string>;
  readonly contentType: string;
  counted(): Promise<Counted>;
  /** From now on what another thread counts is added to what is counted here. */
  add(other: () => Promise<Counted>): void;
};

/** `whose`: a thread's are added to those of its process, which have prom-client's defaults beside them. */
export function createMetrics(whose: 'process' | 'thread' = 'process'): Metrics {
  const registry = new Registry();
  const defaults = new Registry();
  if (whose === 'process') collectDefaultMetrics({ register: defaults });
  const instruments = Object.entries(metricTable).map(([name, definition]) => [
    name,
    instrument(name, definition, registry),
  ]);
  const others: (() => Promise<Counted>)[] = [];
  const sum = async () => {
    const all = await Promise.all([registry.getMetricsAsJSON(), ...others.map((other) => other())]);
    return AggregatorRegistry.aggregate<typeof Registry.PROMETHEUS_CONTENT_TYPE>(all);
  };
  return {
    ...(Object.fromEntries(instruments) as { [N in MetricName]: Instrument<N> }),
    page: async () => `${await defaults.metrics()}\n${await (await sum()).metrics()}`,
    contentType: registry.contentType,
    counted: async () => (await sum()).getMetricsAsJSON(),
    add: (other) => {
      others.push(other);
    },
  };
}

function instrument(name: string, definition: MetricDefinition, registry: Registry) {
  const options = { name, help: definition.help, labelNames: [...definition.labels], registers: [registry] };
  switch (definition.type) {
    case 'counter':
      return new Counter(options);
    case 'gauge':
      return new Gauge(options);
    case 'histogram':
      return new Histogram({ ...options, buckets: [...(definition.buckets ?? [])] });
  }
}
