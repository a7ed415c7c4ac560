import { readdirSync, readFileSync } from 'node:fs';

export interface Measured<T = unknown> {
  result: T;
  seconds: number;
  /** CPU seconds of this process, all its threads. */
  cpuSeconds: number;
}

/** Runs the work once, by the clock and by the CPU time of this process. */
export async function measure<T>(work: () => T | Promise<T>): Promise<Measured<T>> {
  const cpu = process.cpuUsage();
  const start = performance.now();
  const result = await work();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { result, seconds, cpuSeconds: (user + system) / 1e6 };
}

const ticksPerSecond = 100;

/** CPU seconds that another process has used, and the most memory that it held, MiB. Linux only. */
export function usage(pid: number): { cpu: number; peakMiB: number } {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const peakKb = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1];
  return { cpu: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond, peakMiB: Math.round(Number(peakKb) / 1024) };
}

/** CPU seconds of threads of another process, by name; threads of one name together. Linux only. */
export function threadUsage(pid: number): Map<string, number> {
  const cpu = new Map<string, number>();
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const [, name, rest] = /\((.*)\) (.*)/.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))!;
    const [user, system] = rest.split(' ').slice(11, 13);
    cpu.set(name, (cpu.get(name) ?? 0) + (Number(user) + Number(system)) / ticksPerSecond);
  }
  return cpu;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** `n` with separators, without a fraction. */
export const thousands = (n: number): string => Math.round(n).toLocaleString('en-US');
