import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The process id of the server in a data folder. */
export function postmasterPid(directory: string): number {
  return Number(readFileSync(join(directory, 'postgres', 'postmaster.pid'), 'utf8').split('\n')[0]);
}

/** Stops the server and all its backends where they are, as a disk that hangs would. Returns how to let them go on. Linux only. */
export function freeze(directory: string): () => void {
  const postmaster = postmasterPid(directory);
  process.kill(postmaster, 'SIGSTOP');
  const children = readFileSync(`/proc/${postmaster}/task/${postmaster}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number);
  for (const pid of children) process.kill(pid, 'SIGSTOP');
  return () => {
    for (const pid of [postmaster, ...children]) process.kill(pid, 'SIGCONT');
  };
}
