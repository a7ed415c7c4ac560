/** What each step costs. Microseconds are CPU of one core; bytes are of one event, hit, group or alert. */
export interface UnitCosts {
  ingestNdjsonUs: number;
  ingestJsonUs: number;
  appendEmbeddedUs: number;
  appendKafkaUs: number;
  readEmbeddedUs: number;
  readKafkaUs: number;
  matchUs: number;
  windowPerHitUs: number;
  projectPerAlertUs: number;
  hitsPerEvent: number;
  eventBytes: number;
  eventStoredBytes: number;
  hitBytes: number;
  hitStoredBytes: number;
  groupBytes: number;
  /** A process with all stages, from a file to alerts and from a full log to alerts, per event. */
  wholeEmbeddedUs: number;
  detectEmbeddedUs: number;
  wholeKafkaUs: number;
  detectKafkaUs: number;
}

/** As cost-model.bench printed it on a virtual machine with 2 cores (AMD EPYC), Node 26.9, brokers and PostgreSQL beside it. */
export const measuredHere: UnitCosts = {
  ingestNdjsonUs: 3.64,
  ingestJsonUs: 3.2,
  appendEmbeddedUs: 0.496,
  appendKafkaUs: 0.694,
  readEmbeddedUs: 0.432,
  readKafkaUs: 0.819,
  matchUs: 1.61,
  windowPerHitUs: 0.453,
  hitsPerEvent: 2.03,
  eventBytes: 322,
  eventStoredBytes: 16.4,
  hitBytes: 40.3,
  hitStoredBytes: 11.8,
  projectPerAlertUs: 19.3,
  groupBytes: 60,
  wholeEmbeddedUs: 10.4,
  detectEmbeddedUs: 5.99,
  wholeKafkaUs: 14.7,
  detectKafkaUs: 9.4,
};
