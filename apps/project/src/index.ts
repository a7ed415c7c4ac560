export { decodeAlert } from './decode-alert.js';
export { decodeContest } from './decode-contest.js';
export { decodeFeed } from './decode-feed.js';
export type { ProjectPorts } from './ports.js';
export { ProjectModule } from './project.module.js';
