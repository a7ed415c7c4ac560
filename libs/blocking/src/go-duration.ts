/** As Go's `time.Duration` writes itself, to the second: `3h59m12s`, `45s`, `-1m0s`. */
export function goDuration(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1_000);
  if (seconds === 0) return '0s';
  const [h, m, s] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60, seconds % 60];
  const text = h > 0 ? `${h}h${m}m${s}s` : m > 0 ? `${m}m${s}s` : `${s}s`;
  return ms < 0 ? `-${text}` : text;
}
