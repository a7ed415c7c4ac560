import { resolve } from './episode-end.js';
import { fireRunOf } from './fire-run.js';
import type { MeasureSpec } from './measures/make.js';
import { settleEpisodes } from './settle.js';
import { restoreWindow, snapshotWindow } from './snapshot.js';
import { measureOf, type WindowRule, type WindowSpec } from './window-spec.js';
import type { WindowStore } from './window-store.js';

/**
 * What is kept for a rule, beside its timespan: rules for which it is the same may take over each other's windows. Which
 * limits a window is held against makes no difference to it.
 */
export function keptFor(rule: WindowRule): object {
  if (rule.kind === 'absence') return { kind: rule.kind };
  const measure = measureOf(rule);
  return { kind: measure.kind, ...whatIsKept(measure) };
}

function whatIsKept(measure: MeasureSpec): object {
  switch (measure.kind) {
    case 'ordered':
      return { inputs: measure.inputs };
    case 'ratio':
      return { windowsMs: measure.windowsMs };
    case 'first-seen':
      return { historyMs: measure.historyMs };
    case 'spike':
      return { of: measure.of, baselineMs: measure.baselineMs };
    default:
      return {};
  }
}

/**
 * The windows of `store`, held against another condition from each group's newest event on; for rules for which the same
 * is kept. Until there the old condition counts, whatever comes late: an alert that is open stays open for as long as
 * the old condition holds if nothing comes, and goes on if the new one holds at the next event. Only between batches.
 */
export function changeCondition(store: WindowStore, spec: WindowSpec): WindowStore {
  for (const [slot, episodes] of store.episodes) {
    const until = store.groups.newest(slot) + 1;
    for (const episode of episodes) if (episode.state !== 'merged') resolve(store, episode);
    if (store.rising === null) settleEpisodes(store, slot, until);
    else {
      for (const episode of episodes) {
        episode.base = { ...fireRunOf(episode), holdUntil: Math.min(episode.holdUntil, until) };
        episode.settledTo = until;
      }
    }
  }
  return restoreWindow(spec, snapshotWindow(store));
}
