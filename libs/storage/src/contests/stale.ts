import type { EntityManager } from 'typeorm';

/** The contest's tallies are counted anew, soon; until that is done boards are counted from votes. The caller has the lock alone. */
export async function markStale(manager: EntityManager, contest: string): Promise<void> {
  await manager.query(
    'INSERT INTO computed.contest_stale (contest) VALUES ($1) ON CONFLICT (contest) DO UPDATE SET counted = NULL',
    [contest],
  );
}
