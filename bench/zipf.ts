/** Draws are repeated after so many: enough for a run, and drawing costs nothing while it is measured. */
const DRAWS = 1 << 20;

/**
 * Indexes below `count`, drawn by Zipf's law with s = 1: the second is half as frequent as the first, the third a third.
 * With 10,000 the first gets a tenth of all.
 */
export function zipfDraws(count: number): Uint32Array {
  const upTo = new Float64Array(count);
  let total = 0;
  for (let index = 0; index < count; index++) {
    total += 1 / (index + 1);
    upTo[index] = total;
  }
  return Uint32Array.from({ length: DRAWS }, () => firstAbove(upTo, Math.random() * total));
}

/** The first place whose value is above `limit`, in ascending values. */
function firstAbove(values: Float64Array, limit: number): number {
  let low = 0;
  let high = values.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) > limit) high = middle;
    else low = middle + 1;
  }
  return low;
}
