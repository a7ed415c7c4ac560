export { DetectModule } from './detect.module.js';
export type { DetectPorts } from './ports.js';
export { spreadOf } from './spread.js';
