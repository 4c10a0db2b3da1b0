import type { Formula } from './meter.ts';

/** The server keeps twelve decimals. */
const DECIMALS = 12;
const ONE = 10n ** BigInt(DECIMALS);

/** A number as it was typed, in trillionths; undefined where it is none. */
function parseValue(text: string): bigint | undefined {
  const [, sign, whole = '', fraction = ''] = /^(-?)(\d{0,15})(?:\.(\d{0,12}))?$/.exec(text.trim()) ?? [];
  if (sign === undefined || (whole === '' && fraction === '')) return undefined;
  const scaled = BigInt(whole || '0') * ONE + BigInt(fraction.padEnd(DECIMALS, '0'));
  return sign === '-' ? -scaled : scaled;
}

function formatValue(scaled: bigint): string {
  const size = scaled < 0n ? -scaled : scaled;
  const fraction = (size % ONE).toString().padStart(DECIMALS, '0').replace(/0+$/, '');
  return `${scaled < 0n ? '-' : ''}${size / ONE}${fraction === '' ? '' : `.${fraction}`}`;
}

/**
 * What a meter would make of example events, exactly as the server does it: over values that are numbers, in the order in
 * which they happened. Undefined while one of them is no number.
 */
export function aggregate(formula: Formula, texts: readonly string[]): string | undefined {
  if (formula === 'unique_count') return String(new Set(texts).size);
  if (formula === 'count') return String(texts.length);
  const values = texts.map(parseValue);
  if (values.some((value) => value === undefined)) return undefined;
  return formatValue(overValues(formula, values as bigint[]));
}

function overValues(formula: Exclude<Formula, 'count' | 'unique_count'>, values: readonly bigint[]): bigint {
  if (values.length === 0) return 0n;
  switch (formula) {
    case 'sum':
      return sumOf(values);
    case 'last':
      return values.at(-1) ?? 0n;
    case 'max':
      return values.reduce((a, b) => (b > a ? b : a));
    case 'min':
      return values.reduce((a, b) => (b < a ? b : a));
    case 'average':
      return divideRounded(sumOf(values), BigInt(values.length));
  }
}

function sumOf(values: readonly bigint[]): bigint {
  return values.reduce((sum, value) => sum + value, 0n);
}

/** Half away from zero, as the server rounds averages. */
function divideRounded(sum: bigint, count: bigint): bigint {
  const size = sum < 0n ? -sum : sum;
  const rounded = (2n * size + count) / (2n * count);
  return sum < 0n ? -rounded : rounded;
}
