/** What one event may be at most; beyond these it is rejected, so that no sender can make a reader slow or large. */

/** Levels of objects and arrays, the event itself being the first. */
export const eventDepthMax = 16;

/** UTF-8 bytes of one string value or field name inside `data`. */
export const stringBytesMax = 65_536;

/** UTF-8 bytes of one context attribute (`id`, `source`, `subject`, …). */
export const attributeBytesMax = 2_048;

/** Whether `text` takes more than `bytesMax` bytes as UTF-8; counts only where the length leaves it open. */
export function exceedsBytes(text: string, bytesMax: number): boolean {
  return text.length * 3 > bytesMax && Buffer.byteLength(text) > bytesMax;
}
