export type { ProjectPorts } from './ports.js';
export { ProjectModule } from './project.module.js';
