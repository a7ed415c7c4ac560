export { checkTarget, withoutPassword, withPassword } from './check-target.js';
export { deliver, deliveryMsMax, type Outcome } from './deliver.js';
export type { NotificationError } from './errors.js';
export { backoffMs } from './retry.js';
export { deadRule } from './route.js';
export { makeSecret } from './signature.js';
export {
  isGrouped,
  type Message,
  type NoticedAlert,
  noticed,
  type Target,
  TargetSettings,
  type Transition,
} from './target.js';
export { type Conversation, type Following, follow, type KnownAlert, type OutboxRow } from './transitions.js';
