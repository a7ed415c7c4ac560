export { NotifyModule } from './notify.module.js';
export type { NotifyPorts } from './ports.js';
