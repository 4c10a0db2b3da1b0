import { taxRateIds } from '../catalog/tax_rate.params.ts';
import { discounts } from '../invoices/invoice.params.ts';
import { MAX_QUANTITY } from '../limits.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  amount,
  bigInteger,
  boolean,
  clearable,
  currency,
  decimalAmount,
  integer,
  metadata,
  oneOf,
  string,
  unserved,
} from '../stripe/params.types.ts';

/** Three years: which of the shorter limits holds for an interval is told by the rules of prices. */
const MAX_INTERVAL_DAYS = 1_095;

/** How often something recurs. */
const recurrence = object({
  interval: required(oneOf('day', 'month', 'week', 'year')),
  interval_count: integer(1, MAX_INTERVAL_DAYS),
});

/** A licensed price that a request brings along. */
export const recurringPriceData = object({
  currency: required(currency()),
  product: required(string()),
  recurring: required(recurrence),
  tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
  unit_amount: amount(),
  unit_amount_decimal: decimalAmount(),
});

export type RecurringPriceData = ParamsOf<typeof recurringPriceData>;

/** The usage at which an item is invoiced before its period ends. */
export const usageThresholds = object({ usage_gte: required(bigInteger(1n, MAX_QUANTITY)) });

/** What both adding and changing an item can say. */
export const itemTerms = {
  billing_thresholds: clearable(usageThresholds),
  current_trial: unserved(),
  discounts,
  plan: unserved(),
  price: string(),
  price_data: recurringPriceData,
  quantity: bigInteger(0n, MAX_QUANTITY),
  tax_rates: clearable(taxRateIds),
};

/** An item of an existing subscription that is added, changed or deleted. */
export const itemChange = object({
  ...itemTerms,
  clear_usage: boolean(),
  deleted: boolean(),
  id: string(),
  metadata: clearable(metadata()),
});

export type ItemChangeParams = ParamsOf<typeof itemChange>;
