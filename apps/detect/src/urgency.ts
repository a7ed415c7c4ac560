/**
 * What the windows of this process have its matcher say. Where several processes match, windows hold hits until all have
 * said how far they have read. Each says it once a second; sooner where windows wait, here or elsewhere.
 */
export class Urgency {
  /** Windows of this process hold hits: the others are asked. */
  waits = false;
  /** Another process has asked. */
  isAsked = false;
}
