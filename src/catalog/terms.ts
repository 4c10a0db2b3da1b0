import { type Decimal, decimal } from '../money/decimal.ts';
import { invalidRequest } from '../stripe/errors.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { exceedsMaximum } from '../time/period.ts';
import type { BillingScheme, Price, PriceAmounts, PriceTerms, PriceTier, Recurring, TaxBehavior } from './price.ts';
import type { AmountsParams, CurrencyOptionsParams, TermsParams } from './price.params.ts';

/** Where parameters stand in a request, such as `['currency_options', 'eur']`: errors name them by it. */
type Path = readonly (string | number)[];

type TierParams = NonNullable<AmountsParams['tiers']>[number];

/** `['tiers', 0, 'unit_amount']` → `tiers[0][unit_amount]`. */
function nameOf([head, ...rest]: Path): string {
  return `${head ?? ''}${rest.map((part) => `[${part}]`).join('')}`;
}

/**
 * The terms of a new price, from the parameters that stand at `at`. Throws for parameters that contradict each other,
 * by the rules of the reference (create a price); whether product and meter exist is for the caller to see.
 */
export function readTerms(params: TermsParams, at: Path = []): PriceTerms {
  const billingScheme = params.billing_scheme ?? 'per_unit';
  checkModel(params, billingScheme, at);
  const { transform_quantity: transform } = params;
  return {
    ...readAmounts(params, billingScheme, at),
    active: params.active ?? true,
    currency: params.currency,
    nickname: params.nickname ?? null,
    lookupKey: params.lookup_key ?? null,
    metadata: changeMetadata({}, params.metadata),
    billingScheme,
    tiersMode: params.tiers_mode ?? null,
    transform: transform === undefined ? null : { divideBy: transform.divide_by, round: transform.round },
    currencyOptions: changeOptions(
      { currency: params.currency, billingScheme },
      new Map(),
      params.currency_options,
      at,
    ),
    recurring: params.recurring === undefined ? null : readRecurring(params.recurring, at),
  };
}

/** Which parameters go together: the tiered ones with each other and without the rest. */
function checkModel(params: TermsParams, scheme: BillingScheme, at: Path): void {
  if (params.tiers !== undefined && params.transform_quantity !== undefined) {
    throw exclusive(['tiers', 'transform_quantity'], at);
  }
  if (scheme === 'per_unit') {
    if (params.tiers_mode === undefined) return;
    throw invalidRequest('`tiers_mode` requires `billing_scheme=tiered`.', nameOf([...at, 'tiers_mode']));
  }
  if (params.transform_quantity !== undefined) {
    throw invalidRequest(
      '`transform_quantity` cannot be combined with `billing_scheme=tiered`.',
      nameOf([...at, 'transform_quantity']),
    );
  }
  if (params.tiers_mode === undefined) throw missing([...at, 'tiers_mode']);
  if (params.recurring === undefined) {
    throw invalidRequest(
      'Prices with `type=one_time` are not supported with tiered billing.',
      nameOf([...at, 'recurring']),
    );
  }
}

function readRecurring(params: NonNullable<TermsParams['recurring']>, at: Path): Recurring {
  const {
    interval,
    interval_count: intervalCount = 1,
    meter: meterId = null,
    usage_type: usageType = 'licensed',
  } = params;
  if (exceedsMaximum({ interval, intervalCount })) {
    throw invalidRequest(
      `Invalid interval_count: ${intervalCount} ${interval}s are longer than the maximum of 3 years, 36 months, 156 weeks or 1095 days.`,
      nameOf([...at, 'recurring', 'interval_count']),
    );
  }
  const meterParam = nameOf([...at, 'recurring', 'meter']);
  if (usageType === 'metered' && meterId === null) {
    throw invalidRequest(
      'Starting with Stripe version `2025-03-31.basil`, metered prices must be backed by meters.',
      meterParam,
    );
  }
  if (usageType === 'licensed' && meterId !== null) {
    throw invalidRequest('`recurring[meter]` requires `recurring[usage_type]=metered`.', meterParam);
  }
  return { interval, intervalCount, usageType, meterId };
}

/** What a price costs in one currency: a unit amount or tiers, as its scheme demands. */
function readAmounts(params: AmountsParams, scheme: BillingScheme, at: Path): PriceAmounts {
  const taxBehavior = params.tax_behavior ?? 'unspecified';
  const unitAmount = eitherAmount(params.unit_amount, params.unit_amount_decimal, 'unit_amount', at);
  if (scheme === 'tiered') {
    if (unitAmount !== null) {
      const name = params.unit_amount === undefined ? 'unit_amount_decimal' : 'unit_amount';
      throw invalidRequest(`\`${name}\` cannot be combined with \`billing_scheme=tiered\`.`, nameOf([...at, name]));
    }
    if (params.tiers === undefined) throw missing([...at, 'tiers']);
    return { unitAmount: null, tiers: readTiers(params.tiers, [...at, 'tiers']), taxBehavior };
  }
  if (params.tiers !== undefined) {
    throw invalidRequest('`tiers` requires `billing_scheme=tiered`.', nameOf([...at, 'tiers']));
  }
  if (unitAmount === null) {
    throw invalidRequest(
      'Prices require an `unit_amount` or `unit_amount_decimal` parameter to be set.',
      nameOf([...at, 'unit_amount']),
    );
  }
  return { unitAmount, tiers: null, taxBehavior };
}

/** Tiers ascend, and the last one, and only it, is open: else some usage would have no price. */
function readTiers(params: readonly TierParams[], at: Path): PriceTier[] {
  const tiers = params.map((tier, index) => readTier(tier, [...at, index]));
  let below = 0n;
  for (const [index, { upTo }] of tiers.entries()) {
    const isLast = index === tiers.length - 1;
    const param = nameOf([...at, index, 'up_to']);
    if (upTo === null) {
      if (isLast) return tiers;
      throw invalidRequest('Only the last tier can have `up_to=inf`.', param);
    }
    if (isLast) throw invalidRequest('The last tier must have `up_to=inf`.', param);
    if (upTo <= below) {
      throw invalidRequest(`Tiers must ascend: \`up_to\` is ${upTo}, which is not above ${below}.`, param);
    }
    below = upTo;
  }
  throw missing(at);
}

function readTier(tier: TierParams, at: Path): PriceTier {
  const unitAmount = eitherAmount(tier.unit_amount, tier.unit_amount_decimal, 'unit_amount', at);
  const flatAmount = eitherAmount(tier.flat_amount, tier.flat_amount_decimal, 'flat_amount', at);
  if (unitAmount === null && flatAmount === null) {
    throw invalidRequest('An entry in the tiers array is missing an amount.', nameOf(at));
  }
  return { upTo: tier.up_to, unitAmount, flatAmount };
}

/** The same amount has two parameters, for whole minor units and for decimals; at most one may be given. */
function eitherAmount(
  whole: bigint | undefined,
  exact: Decimal | undefined,
  name: 'unit_amount' | 'flat_amount',
  at: Path,
): Decimal | null {
  if (whole === undefined) return exact ?? null;
  if (exact !== undefined) throw exclusive([name, `${name}_decimal`], at);
  return decimal(whole);
}

/**
 * The currency options of a price after a change: named currencies are added, or replaced in what the change gives,
 * the others stay. Throws for the price's own currency, and for a tax behavior that is already decided.
 */
export function changeOptions(
  price: Pick<Price, 'currency' | 'billingScheme'>,
  current: ReadonlyMap<string, PriceAmounts>,
  change: CurrencyOptionsParams | undefined,
  at: Path = [],
): ReadonlyMap<string, PriceAmounts> {
  const options = new Map(current);
  for (const [currency, params] of change ?? []) {
    const path = [...at, 'currency_options', currency];
    if (currency === price.currency) {
      throw invalidRequest(
        `\`currency_options\` cannot contain \`${currency}\`, the price's own currency.`,
        nameOf(path),
      );
    }
    options.set(currency, changeOption(price.billingScheme, current.get(currency), params, path));
  }
  return options;
}

type OptionParams = CurrencyOptionsParams extends Map<string, infer P> ? P : never;

function changeOption(
  scheme: BillingScheme,
  current: PriceAmounts | undefined,
  params: OptionParams,
  at: Path,
): PriceAmounts {
  const { tax_behavior: taxBehavior, ...amounts } = params;
  if (current === undefined) return readAmounts(params, scheme, at);
  const kept = Object.keys(amounts).length === 0 ? current : readAmounts(amounts, scheme, at);
  return { ...kept, taxBehavior: changeTaxBehavior(current.taxBehavior, taxBehavior, at) };
}

/** "Once specified as either inclusive or exclusive, it cannot be changed" (reference: prices, tax_behavior). */
export function changeTaxBehavior(current: TaxBehavior, wanted: TaxBehavior | undefined, at: Path = []): TaxBehavior {
  if (wanted === undefined || wanted === current) return current;
  if (current === 'unspecified') return wanted;
  throw invalidRequest(
    `The tax_behavior is \`${current}\`; once specified as either inclusive or exclusive, it cannot be changed.`,
    nameOf([...at, 'tax_behavior']),
  );
}

function exclusive(names: readonly [string, string], at: Path) {
  const message = `You may only specify one of these parameters: ${names.join(', ')}.`;
  return invalidRequest(message, nameOf([...at, names[0]]), 'parameters_exclusive');
}

function missing(path: Path) {
  return invalidRequest(`Missing required param: ${nameOf(path)}.`, nameOf(path), 'parameter_missing');
}
