export { IngestModule, type IngestModulePorts } from './ingest.module.js';
