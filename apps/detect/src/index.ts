export { DetectModule } from './detect.module.js';
export type { DetectPorts, Plans } from './ports.js';
export { spreadOf } from './spread.js';
