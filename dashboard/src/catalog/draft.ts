import type { Params } from '../api/form.ts';
import { exact } from '../ui/exact.ts';
import { parseMoney } from '../ui/format.ts';
import type { Problems } from '../ui/problems.ts';
import type { PriceModel, Tier } from './cost.ts';

/** A row of the grid of tiers, as it is typed. The last row has no last unit. */
export type TierRow = { readonly lastUnit: string; readonly perUnit: string; readonly flatFee: string };

export type Model = 'flat' | 'package' | 'tiered' | 'usage';
export type Structure = 'per_unit' | 'per_package' | 'per_tier';
export type Period = 'day' | 'week' | 'month' | '3 month' | '6 month' | 'year' | 'custom';

/** A price as it is typed: amounts as people write them, and everything that was once chosen, so that nothing is lost. */
export type PriceDraft = {
  readonly isRecurring: boolean;
  readonly model: Model;
  /** How usage is priced. */
  readonly structure: Structure;
  readonly currency: string;
  readonly amount: string;
  readonly packageSize: string;
  readonly tiersMode: 'volume' | 'graduated';
  readonly tiers: readonly TierRow[];
  readonly meter: string | null;
  /** Values of dimensions of the meter, by key; only usage that has them is billed. An empty one asks for nothing. */
  readonly dimensions: Readonly<Record<string, string>>;
  readonly period: Period;
  readonly customCount: string;
  readonly customInterval: 'day' | 'week' | 'month' | 'year';
  readonly taxBehavior: 'unspecified' | 'exclusive' | 'inclusive';
  readonly nickname: string;
  readonly lookupKey: string;
};

export const NEW_DRAFT: PriceDraft = {
  isRecurring: true,
  model: 'flat',
  structure: 'per_unit',
  currency: 'usd',
  amount: '',
  packageSize: '100',
  tiersMode: 'graduated',
  tiers: [
    { lastUnit: '', perUnit: '', flatFee: '' },
    { lastUnit: '', perUnit: '', flatFee: '' },
  ],
  meter: null,
  dimensions: {},
  period: 'month',
  customCount: '1',
  customInterval: 'month',
  taxBehavior: 'unspecified',
  nickname: '',
  lookupKey: '',
};

/** What the amounts are for. */
export function structureOf({ model, structure }: PriceDraft): Structure {
  if (model === 'usage') return structure;
  return model === 'tiered' ? 'per_tier' : model === 'package' ? 'per_package' : 'per_unit';
}

const AMOUNT = 'Enter an amount, such as 0.04.';
const WHOLE = 'Enter a whole number above 0.';

/** What keeps a draft from being sent; all else the API judges. */
export function problemsOf(draft: PriceDraft): Problems {
  const { isRecurring, model, period, customCount, meter } = draft;
  const problems: Record<string, string> = {};
  if (structureOf(draft) === 'per_tier') Object.assign(problems, tierProblems(draft));
  else if (parseMoney(draft.amount, draft.currency) === undefined) problems['unit_amount'] = AMOUNT;
  if (structureOf(draft) === 'per_package' && wholeOf(draft.packageSize) === undefined)
    problems['transform_quantity[divide_by]'] = WHOLE;
  if (model === 'usage' && meter === null) problems['recurring[meter]'] = 'Select the meter whose usage is billed.';
  if (isRecurring && period === 'custom' && wholeOf(customCount) === undefined)
    problems['recurring[interval_count]'] = WHOLE;
  return problems;
}

function tierProblems({ tiers, currency }: PriceDraft): Problems {
  const problems: Record<string, string> = {};
  let below = 0n;
  tiers.forEach(({ lastUnit, perUnit, flatFee }, place) => {
    const at = `tiers[${place}]`;
    const last = wholeOf(lastUnit);
    if (place < tiers.length - 1) {
      if (last === undefined) problems[`${at}[up_to]`] = WHOLE;
      else if (last <= below) problems[`${at}[up_to]`] = `Must be above ${below}.`;
      below = last ?? below;
    }
    const [unit, flat] = [perUnit, flatFee].map((text) => (text.trim() === '' ? null : parseMoney(text, currency)));
    if (unit === undefined || (unit === null && flat === null)) problems[`${at}[unit_amount]`] = AMOUNT;
    if (flat === undefined) problems[`${at}[flat_amount]`] = AMOUNT;
  });
  return problems;
}

function wholeOf(text: string): bigint | undefined {
  const digits = text.replaceAll(',', '').trim();
  return /^0*[1-9]\d*$/.test(digits) ? BigInt(digits) : undefined;
}

/** The parameters of a price, without its product. The draft has no problems. */
export function paramsOf(draft: PriceDraft): Params {
  const { isRecurring, taxBehavior, nickname, lookupKey } = draft;
  return {
    currency: draft.currency,
    ...amountParams(draft),
    recurring: isRecurring ? recurringParams(draft) : undefined,
    tax_behavior: taxBehavior === 'unspecified' ? undefined : taxBehavior,
    nickname: nickname.trim() || undefined,
    lookup_key: lookupKey.trim() || undefined,
    dimension_filter: filterOf(draft),
  };
}

function filterOf({ model, dimensions }: PriceDraft): Params | undefined {
  const asked = Object.entries(dimensions).filter(([, value]) => value.trim() !== '');
  return model !== 'usage' || asked.length === 0 ? undefined : Object.fromEntries(asked);
}

function amountParams(draft: PriceDraft): Params {
  const { currency, tiers } = draft;
  const structure = structureOf(draft);
  if (structure === 'per_tier') {
    return {
      billing_scheme: 'tiered',
      tiers_mode: draft.tiersMode,
      tiers: tiers.map(({ lastUnit, perUnit, flatFee }, place) => ({
        up_to: place === tiers.length - 1 ? 'inf' : String(wholeOf(lastUnit)),
        unit_amount_decimal: parseMoney(perUnit, currency),
        flat_amount_decimal: parseMoney(flatFee, currency),
      })),
    };
  }
  const divideBy = structure === 'per_package' ? String(wholeOf(draft.packageSize)) : undefined;
  return {
    unit_amount_decimal: parseMoney(draft.amount, currency),
    transform_quantity: divideBy === undefined ? undefined : { divide_by: divideBy, round: 'up' },
  };
}

function recurringParams(draft: PriceDraft): Params {
  const [interval, count] = periodOf(draft);
  const usage = draft.model === 'usage' ? { usage_type: 'metered', meter: draft.meter } : {};
  return { interval, interval_count: count, ...usage };
}

/** The interval of a draft, and how many of them. */
export function periodOf({ period, customInterval, customCount }: PriceDraft): readonly [string, number] {
  if (period === 'custom') return [customInterval, Number(wholeOf(customCount) ?? 1n)];
  const [first = '', second] = period.split(' ');
  return second === undefined ? [first, 1] : [second, Number(first)];
}

/** How what is typed so far would rate; undefined while something is missing for that. */
export function draftModel(draft: PriceDraft): PriceModel | undefined {
  const { currency, amount, packageSize, tiersMode: mode } = draft;
  const structure = structureOf(draft);
  if (structure === 'per_tier') {
    if (Object.keys(tierProblems(draft)).length > 0) return undefined;
    return {
      kind: 'tiers',
      mode,
      tiers: draft.tiers.map((row, place) => tierOf(row, place === draft.tiers.length - 1, currency)),
    };
  }
  const unit = parseMoney(amount, currency);
  if (unit === undefined) return undefined;
  if (structure === 'per_unit') return { kind: 'per_unit', unit: exact(unit) };
  const size = wholeOf(packageSize);
  return size === undefined ? undefined : { kind: 'package', unit: exact(unit), size, round: 'up' };
}

function tierOf({ lastUnit, perUnit, flatFee }: TierRow, isLast: boolean, currency: string): Tier {
  const amountOf = (text: string) => {
    const amount = parseMoney(text, currency);
    return amount === undefined ? null : exact(amount);
  };
  return { upTo: isLast ? null : (wholeOf(lastUnit) ?? null), unit: amountOf(perUnit), flat: amountOf(flatFee) };
}

/** Which field shows what the API says of a parameter: `unit_amount_decimal` and `unit_amount` are one. */
export function priceField(param: string, draft: PriceDraft): string | undefined {
  const field = param.replace(/_decimal(?=\]?$)/, '');
  if (/^tiers\[\d+\]$/.test(field)) return `${field}[unit_amount]`;
  const isShown =
    /^(unit_amount|currency|lookup_key|nickname|tax_behavior|recurring\[(meter|interval_count)\])$/.test(field) ||
    field === 'transform_quantity[divide_by]' ||
    field.startsWith('dimension_filter[') ||
    (structureOf(draft) === 'per_tier' && /^tiers\[\d+\]\[(up_to|unit_amount|flat_amount)\]$/.test(field));
  if (!isShown) return undefined;
  // The count of a period that is chosen by its name has no field.
  return field === 'recurring[interval_count]' && draft.period !== 'custom' ? undefined : field;
}

/** The first unit of a tier, which follows the last one of the tier before; undefined while that is not known. */
export function firstUnit(tiers: readonly TierRow[], place: number): bigint | undefined {
  const before = tiers[place - 1];
  if (before === undefined) return 1n;
  const last = wholeOf(before.lastUnit);
  return last === undefined ? undefined : last + 1n;
}
