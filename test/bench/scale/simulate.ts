/** A queueing network of stages, simulated event by event: seeded, so the same on every run. */

/** What happens at one stage. */
export interface Stage {
  name: string;
  /** Stations that work at once: processes, brokers. Each serves one job after the other, in order of arrival. */
  stations: number;
  /** Seconds of work that one job takes. */
  serviceSeconds: number;
  /** Waiting that takes no work: a sync of the disk, a hop of the network. */
  delaySeconds: number;
}

export interface Network {
  /** Every job passes these in turn. A name that comes again is the same stations. */
  stages: readonly Stage[];
  /** Jobs arrive at random (Poisson) at this rate. */
  jobsPerSecond: number;
}

export interface StageOutcome {
  name: string;
  /** Share of the time that its stations work; 1 and above where they can't keep up. */
  utilisation: number;
  /** Work waiting at the end, seconds per station. */
  backlogSeconds: number;
}

export interface Outcome {
  stages: StageOutcome[];
  /** From arrival until all stages are through, of jobs that arrived after the warm-up. */
  meanSeconds: number;
  p50Seconds: number;
  p99Seconds: number;
  /** The stage whose queue grows without bound; null where none does. */
  breaks: string | null;
}

interface Step {
  at: number;
  job: number;
  stage: number;
}

const warmUpShare = 0.2;

/** `jobs` arrivals through the network. */
export function simulate({ stages, jobsPerSecond }: Network, jobs: number, seed: number): Outcome {
  const random = randomOf(seed);
  const stations = new Map(stages.map(({ name, stations: count }) => [name, new Float64Array(count)]));
  const arrived = new Float64Array(jobs);
  const steps = new Steps();
  let now = 0;
  for (let job = 0; job < jobs; job++) arrived[job] = now += -Math.log(1 - random()) / jobsPerSecond;
  const end = now;
  const took: number[] = [];
  let next = 0;
  for (;;) {
    const step =
      next < jobs && arrived[next] <= steps.earliest ? { at: arrived[next], job: next++, stage: 0 } : steps.take();
    if (!step) break;
    const { name, serviceSeconds, delaySeconds } = stages[step.stage];
    const freeAt = stations.get(name)!;
    const station = Math.floor(random() * freeAt.length);
    const done = Math.max(step.at, freeAt[station]) + serviceSeconds;
    freeAt[station] = done;
    const at = done + delaySeconds;
    if (step.stage + 1 < stages.length) steps.put({ at, job: step.job, stage: step.stage + 1 });
    else if (step.job >= jobs * warmUpShare) took.push(at - arrived[step.job]);
  }
  took.sort((a, b) => a - b);
  const at = (share: number) => took[Math.floor(took.length * share)];
  const outcomes = [...stations].map(([name, freeAt]) => {
    const work = stages.reduce((sum, stage) => sum + (stage.name === name ? stage.serviceSeconds : 0), 0);
    const backlog = freeAt.reduce((sum, free) => sum + Math.max(0, free - end), 0) / freeAt.length;
    return { name, utilisation: (jobsPerSecond * work) / freeAt.length, backlogSeconds: backlog };
  });
  const worst = outcomes.reduce((a, b) => (b.utilisation > a.utilisation ? b : a));
  return {
    stages: outcomes,
    meanSeconds: took.reduce((sum, seconds) => sum + seconds, 0) / took.length,
    p50Seconds: at(0.5),
    p99Seconds: at(0.99),
    breaks: worst.utilisation >= 1 ? worst.name : null,
  };
}

/** Steps by time: a binary heap. */
class Steps {
  private readonly heap: Step[] = [];

  get earliest(): number {
    return this.heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  put(step: Step): void {
    const { heap } = this;
    let at = heap.push(step) - 1;
    for (let above = (at - 1) >> 1; at > 0 && heap[above].at > step.at; above = (at - 1) >> 1) {
      heap[at] = heap[above];
      at = above;
    }
    heap[at] = step;
  }

  take(): Step | undefined {
    const { heap } = this;
    const first = heap[0];
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= heap.length) break;
      if (below + 1 < heap.length && heap[below + 1].at < heap[below].at) below++;
      if (heap[below].at >= last.at) break;
      heap[at] = heap[below];
      at = below;
    }
    heap[at] = last;
    return first;
  }
}

/** Mulberry32: numbers from 0 up to 1. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
