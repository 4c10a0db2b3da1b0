/**
 * Shares of a total in proportion to weights, none above its weight: each is rounded down, and what is left goes to the
 * last that has room, as in the documentation's 500 over 1000 and 2000, which are 166 and 334. Weights are not negative
 * and add up to at least the total, which is not negative either; anything else throws RangeError.
 */
export function spread(total: bigint, weights: readonly bigint[]): bigint[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total < 0n || total > whole || weights.some((weight) => weight < 0n)) {
    throw new RangeError(`cannot spread ${total} over weights of ${whole}`);
  }
  if (whole === 0n) return weights.map(() => 0n);
  // Of numbers that are not negative, bigint division is rounding down.
  const shares = weights.map((weight) => (total * weight) / whole);
  let left = shares.reduce((rest, share) => rest - share, total);
  for (let place = weights.length - 1; left > 0n; place -= 1) {
    const room = (weights[place] ?? 0n) - (shares[place] ?? 0n);
    const taken = room < left ? room : left;
    shares[place] = (shares[place] ?? 0n) + taken;
    left -= taken;
  }
  return shares;
}
