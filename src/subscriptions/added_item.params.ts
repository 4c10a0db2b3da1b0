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
  metadata,
  oneOf,
  string,
  timestamp,
} from '../stripe/params.types.ts';

/** What is charged once, with the next invoice of a subscription, but for the time that it is for. */
export const addedItemTerms = {
  discountable: boolean(),
  discounts,
  metadata: metadata(),
  price: string(),
  price_data: object({
    currency: required(currency()),
    product: required(string()),
    tax_behavior: oneOf('exclusive', 'inclusive', 'unspecified'),
    unit_amount: amount(),
    unit_amount_decimal: decimalAmount(),
  }),
  quantity: bigInteger(0n, MAX_QUANTITY),
  tax_rates: clearable(taxRateIds),
};

export const addedItem = object({
  ...addedItemTerms,
  period: object({
    end: required(object({ timestamp: timestamp(), type: required(oneOf('min_item_period_end', 'timestamp')) })),
    start: required(
      object({ timestamp: timestamp(), type: required(oneOf('max_item_period_start', 'now', 'timestamp')) }),
    ),
  }),
});

export type AddedItemParams = ParamsOf<typeof addedItem>;
