import { INCIDENT_GAP_MS, type Span } from './causes.js';

/** From when to when a cause was active, with one of the alerts that made it so. */
export interface Run extends Span {
  cause: string;
  alertId: string;
}

export interface JoinedRuns {
  /** As they are now; of what was known only those that changed. */
  runs: Run[];
  /** Known ones that others begin before, and took in. */
  gone: Run[];
  /** Pairs of alerts that share a run. */
  pairs: [string, string][];
}

/**
 * Joins what is new with the known runs that it touches: of one cause, whatever has no longer gap than
 * `INCIDENT_GAP_MS` between it becomes one. Neither order nor repetition matters: unions of intervals only grow.
 */
export function joinRuns(known: readonly Run[], added: readonly Run[]): JoinedRuns {
  const joined: JoinedRuns = { runs: [], gone: [], pairs: [] };
  const isKnown = new Set(known);
  const byCause = Map.groupBy([...known, ...added], ({ cause }) => cause);
  for (const pieces of byCause.values()) {
    pieces.sort((a, b) => a.begins - b.begins || Number(isKnown.has(b)) - Number(isKnown.has(a)));
    let open: { run: Run; pieces: Run[] } | undefined;
    const close = () => open && settle(joined, open.run, open.pieces, isKnown);
    for (const piece of pieces) {
      if (open && piece.begins - open.run.ends <= INCIDENT_GAP_MS) {
        open.run.ends = Math.max(open.run.ends, piece.ends);
        open.pieces.push(piece);
      } else {
        close();
        open = { run: { ...piece }, pieces: [piece] };
      }
    }
    close();
  }
  return joined;
}

function settle(joined: JoinedRuns, run: Run, pieces: readonly Run[], isKnown: ReadonlySet<Run>): void {
  const [first, ...rest] = pieces;
  if (!isKnown.has(first) || first.ends !== run.ends) joined.runs.push(run);
  joined.gone.push(...rest.filter((piece) => isKnown.has(piece)));
  for (const { alertId } of rest) joined.pairs.push([first.alertId, alertId]);
}
