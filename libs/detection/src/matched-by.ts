import type { Detection } from '#libs/sigma';
import { LineView } from './line-view.js';
import type { DetectionPlan } from './plan.js';

/** Tells which of a plan's detections match an event. */
export function matchedBy({ paths, byType }: DetectionPlan): (topic: string, line: Buffer) => Detection[] {
  const view = new LineView(paths);
  return (topic, line) => {
    if (!view.read(line, 0, line.length)) return [];
    return (byType.get(topic) ?? []).flatMap(({ detection }) => (detection.matches(view) ? detection : []));
  };
}
