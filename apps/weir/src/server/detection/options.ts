import type { Config } from '#libs/config';
import type { DetectionLimits } from '#libs/detection';
import type { DetectPorts } from '../../../../detect/src/index.js';

/** Identities that de-duplication remembers in each partition at most. */
const IDENTITIES_MAX = 1_000_000;

export function detectionOptions({ partitions, dedupeHorizonMs, groupsMax }: Config): DetectPorts['options'] {
  return { partitions, dedupeHorizonMs, groupsMax, identitiesMax: IDENTITIES_MAX };
}

export function detectionLimits({ latenessMs, groupsMax }: Config): DetectionLimits {
  return { latenessMs, groupsMax };
}
