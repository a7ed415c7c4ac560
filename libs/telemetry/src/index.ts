export { createLogger, type Logger } from './logger.js';
export { metricTable } from './metric-names.js';
export { type Counted, type CountedMetric, createMetrics, type MetricName, type Metrics } from './metrics.js';
export { Repeats } from './repeats.js';
