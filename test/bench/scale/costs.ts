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
