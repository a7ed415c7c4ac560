import type { MatchProgress } from '#libs/detection';
import { topics } from '#libs/events';
import type { Log } from '#libs/log';
import type { Logger } from '#libs/telemetry';

/**
 * Over how many partitions of `weir.matches` groups are spread: as many as there were when the first hit was matched, since
 * a group that moved to another partition would leave its window behind. Partitions that were added since stay empty.
 */
export async function spreadOf(log: Log, logger: Logger): Promise<number> {
  const [{ length: partitions }] = await log.ends([topics.matches]);
  const { positions } = await log.describeGroup('detect.match');
  const spreads = positions.flatMap(({ metadata }) =>
    metadata === '' ? [] : [(JSON.parse(metadata) as MatchProgress).spread ?? partitions],
  );
  const spread = Math.min(partitions, ...spreads);
  if (spread < partitions) {
    const message = `Partitions were added to ${topics.matches}; they stay empty, since windows can't move to them`;
    logger.warn({ topic: topics.matches, partitions, used: spread }, message);
  }
  return spread;
}
