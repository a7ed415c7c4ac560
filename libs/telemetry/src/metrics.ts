import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { type MetricDefinition, metricTable } from './metric-names.js';

type Table = typeof metricTable;
type Label<N extends keyof Table> = Table[N]['labels'][number];
type Instrument<N extends keyof Table> = {
  counter: Counter<Label<N>>;
  gauge: Gauge<Label<N>>;
  histogram: Histogram<Label<N>>;
}[Table[N]['type']];

export type MetricName = keyof Table;

/** Every metric under its name, and the page of them. Each process (or test) has its own. */
export type Metrics = { readonly [N in MetricName]: Instrument<N> } & {
  /** The Prometheus text page. */
  page(): Promise<string>;
  readonly contentType: string;
};

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const instruments = Object.entries(metricTable).map(([name, definition]) => [
    name,
    instrument(name, definition, registry),
  ]);
  return {
    ...(Object.fromEntries(instruments) as { [N in MetricName]: Instrument<N> }),
    page: () => registry.metrics(),
    contentType: registry.contentType,
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
