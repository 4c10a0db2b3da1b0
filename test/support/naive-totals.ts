/*
 * A second opinion on discounts and taxes: computed line by line and cent by cent in fractions of bigints, from plain
 * text. Slow and plain on purpose. It shares no code with `src/rating` or `src/money`, so that a mistake there shows as
 * a difference here.
 */

/** Percentages are plain decimal text. */
export type NaiveDiscount = {
  off: { percent: string } | { amount: bigint };
  products: string[] | null;
  lines: number[] | null;
};

export type NaiveLine = { amount: bigint; productId: string | null; discountable: boolean };

export type NaiveRate = { id: string; percentage: string; inclusive: boolean };

type Fraction = { top: bigint; bottom: bigint };

/** Of each line: what each discount (by its place in the list) takes off it, and what remains. */
export function naiveDiscounts(
  lines: NaiveLine[],
  discounts: NaiveDiscount[],
): { off: Map<number, bigint>; left: bigint }[] {
  const result = lines.map((line) => ({ off: new Map<number, bigint>(), left: line.amount }));
  const order = discounts.map((_, index) => index);
  const first = order.filter((index) => discounts[index]!.lines !== null);
  for (const index of [...first, ...order.filter((each) => !first.includes(each))]) {
    const { off, products, lines: onlyLines } = discounts[index]!;
    const concerned = result.filter((_, place) => {
      const { discountable, productId } = lines[place]!;
      if (!discountable || (onlyLines !== null && !onlyLines.includes(place))) return false;
      return products === null || products.some((product) => product === productId);
    });
    const amounts = concerned.map(({ left }) => left);
    const taken =
      'percent' in off
        ? amounts.map((amount) => nearest(times(whole(amount), hundredth(off.percent))))
        : portions(off.amount, amounts);
    for (const [place, entry] of concerned.entries()) {
      entry.off.set(index, taken[place]!);
      entry.left -= taken[place]!;
    }
  }
  return result;
}

/** An amount of money handed out to what is above zero: the exact portions rounded down, the rest from the end. */
function portions(wanted: bigint, amounts: bigint[]): bigint[] {
  const room = amounts.map((amount) => (amount > 0n ? amount : 0n));
  const total = room.reduce((sum, amount) => sum + amount, 0n);
  const given = wanted < total ? wanted : total;
  const shares = room.map((amount) => (total === 0n ? 0n : down({ top: given * amount, bottom: total })));
  let rest = given - shares.reduce((sum, share) => sum + share, 0n);
  while (rest > 0n) {
    // One cent at a time to the last that can still take one.
    const place = shares.findLastIndex((share, index) => share < room[index]!);
    shares[place] = shares[place]! + 1n;
    rest -= 1n;
  }
  return shares;
}

/** Of each line the exact tax of each of its rates: of the net amount, which times one plus the inclusive rates is P. */
export function exactTaxes(lines: { amount: bigint; rates: NaiveRate[] }[]): Fraction[][] {
  return lines.map(({ amount, rates }) => {
    const contained = rates.filter((rate) => rate.inclusive).map((rate) => hundredth(rate.percentage));
    const gross = contained.reduce(plus, whole(1n));
    const net = times(whole(amount), { top: gross.bottom, bottom: gross.top });
    return rates.map((rate) => times(net, hundredth(rate.percentage)));
  });
}

/** Rounded by line; exclusive rates go by the rounded net amount. */
export function naiveTaxesByLine(lines: { amount: bigint; rates: NaiveRate[] }[]): bigint[][] {
  const exact = exactTaxes(lines);
  return lines.map(({ amount, rates }, place) => {
    const contained = rates.map((rate, index) => (rate.inclusive ? nearest(exact[place]![index]!) : 0n));
    const net = contained.reduce((rest, tax) => rest - tax, amount);
    return rates.map((rate, index) =>
      rate.inclusive ? contained[index]! : nearest(times(whole(net), hundredth(rate.percentage))),
    );
  });
}

/** Of each rate what it comes to on the whole invoice, rounded once. */
export function naiveTaxesByRate(lines: { amount: bigint; rates: NaiveRate[] }[]): Map<string, bigint> {
  const sums = new Map<string, Fraction>();
  const exact = exactTaxes(lines);
  for (const [place, { rates }] of lines.entries()) {
    for (const [index, { id }] of rates.entries()) {
      sums.set(id, plus(sums.get(id) ?? whole(0n), exact[place]![index]!));
    }
  }
  return new Map([...sums].map(([id, sum]) => [id, nearest(sum)]));
}

/** True when an integer is less than one away from a fraction. */
export function isWithinOne(value: bigint, { top, bottom }: Fraction): boolean {
  const difference = value * bottom - top;
  return difference < bottom && difference > -bottom;
}

/** A hundredth of what plain decimal text says: 12.5 → 125/1000. */
function hundredth(text: string): Fraction {
  const [digits = '', decimals = ''] = text.split('.');
  return { top: BigInt(digits + decimals), bottom: 100n * 10n ** BigInt(decimals.length) };
}

function whole(value: bigint): Fraction {
  return { top: value, bottom: 1n };
}

function times(a: Fraction, b: Fraction): Fraction {
  return { top: a.top * b.top, bottom: a.bottom * b.bottom };
}

function plus(a: Fraction, b: Fraction): Fraction {
  return { top: a.top * b.bottom + b.top * a.bottom, bottom: a.bottom * b.bottom };
}

function down({ top, bottom }: Fraction): bigint {
  const cut = top / bottom;
  return cut * bottom > top ? cut - 1n : cut;
}

/** The nearest integer: of the two around the fraction the closer one, of a tie the one farther from zero. */
function nearest(fraction: Fraction): bigint {
  const below = down(fraction);
  const twiceAbove = 2n * (fraction.top - below * fraction.bottom);
  if (twiceAbove === fraction.bottom) return below >= 0n ? below + 1n : below;
  return twiceAbove < fraction.bottom ? below : below + 1n;
}
