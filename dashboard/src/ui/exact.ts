/** An exact number: `digits` × 10^-`places`. Money and usage are calculated with it, never with floats. */
export type Exact = { readonly digits: bigint; readonly places: number };

export const ZERO: Exact = { digits: 0n, places: 0 };

/** What a text of digits and at most one point says; undefined for anything else. */
export function parseExact(text: string): Exact | undefined {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text) ?? [];
  if (sign === undefined) return undefined;
  return { digits: BigInt(`${sign}${whole}${fraction}`), places: fraction.length };
}

/** A whole number, or a text that is known to be a number. */
export function exact(value: bigint | string): Exact {
  if (typeof value === 'bigint') return { digits: value, places: 0 };
  const parsed = parseExact(value);
  if (parsed === undefined) throw new RangeError(`not a number: ${value}`);
  return parsed;
}

export function times(a: Exact, b: Exact): Exact {
  return { digits: a.digits * b.digits, places: a.places + b.places };
}

export function minus(a: Exact, b: Exact): Exact {
  const places = Math.max(a.places, b.places);
  return { digits: scaled(a, places) - scaled(b, places), places };
}

/** Below 0, 0 or above 0, as `a` is less than, equal to or more than `b`. */
export function compare(a: Exact, b: Exact): number {
  const { digits } = minus(a, b);
  return digits < 0n ? -1 : digits > 0n ? 1 : 0;
}

/** The nearest whole number; a half goes away from zero, as on invoice lines. */
export function roundHalfAway({ digits, places }: Exact): bigint {
  const unit = 10n ** BigInt(places);
  const size = digits < 0n ? -digits : digits;
  const rounded = (2n * size + unit) / (2n * unit);
  return digits < 0n ? -rounded : rounded;
}

/** How many times `by` fits into a number that is not negative; `up` counts what is begun. */
export function divide({ digits, places }: Exact, by: bigint, round: 'up' | 'down'): bigint {
  const unit = by * 10n ** BigInt(places);
  return (round === 'up' ? digits + unit - 1n : digits) / unit;
}

/** Its shortest text: `1.50` is `1.5`. */
export function textOf({ digits, places }: Exact): string {
  const text = String(digits < 0n ? -digits : digits).padStart(places + 1, '0');
  const fraction = text.slice(text.length - places).replace(/0+$/, '');
  const whole = text.slice(0, text.length - places);
  return `${digits < 0n ? '-' : ''}${whole}${places === 0 || fraction === '' ? '' : `.${fraction}`}`;
}

function scaled({ digits, places }: Exact, to: number): bigint {
  return digits * 10n ** BigInt(to - places);
}
