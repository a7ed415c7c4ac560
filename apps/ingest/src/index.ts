export { activityTopics } from './activity-topics.js';
export type { IngestPorts } from './batch.js';
export { IngestModule } from './ingest.module.js';
