import type { InvoiceItem } from '../invoices/invoice_item.ts';
import { changeItemDiscounts } from '../invoices/item_discounts.ts';
import { newItem } from '../invoices/write_item.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, missingParameter, StripeError } from '../stripe/errors.ts';
import type { AddedItemParams } from '../subscriptions/added_item.params.ts';
import { timestampOf } from '../subscriptions/added_period.ts';
import { currentPeriod } from '../subscriptions/periods.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import type { Period } from '../time/period.ts';

/**
 * What a request to make or change a subscription charges once, with its next invoice: pending invoice items, in the order of
 * the request, not stored yet; their discounts are redeemed. Throws for prices that recur, are archived or lack the
 * currency, and for periods that end before they start.
 */
export async function addedItems(
  context: Context,
  subscription: Subscription,
  wanted: readonly AddedItemParams[],
): Promise<InvoiceItem[]> {
  const items: InvoiceItem[] = [];
  for (const [index, params] of wanted.entries()) {
    items.push(await addedItem(context, subscription, params, `add_invoice_items[${index}]`));
  }
  return items;
}

async function addedItem(
  context: Context,
  subscription: Subscription,
  params: AddedItemParams,
  at: string,
): Promise<InvoiceItem> {
  const { price, price_data: data, discounts, period, ...rest } = params;
  if (price !== undefined && data !== undefined) throw bothGiven(at);
  if (price === undefined && data === undefined) throw missingParameter(`${at}[price]`);
  const { id, customerId, currency } = subscription;
  const read = {
    ...rest,
    subscription: id,
    ...(data === undefined ? {} : { price_data: data }),
    ...(price === undefined ? {} : { pricing: { price } }),
    period: periodOf(context, subscription, period, `${at}[period]`),
  };
  const item = await named(() => newItem(context, read, { customerId, currency, invoiceId: null }, at));
  return await changeItemDiscounts(context, item, discounts, `${at}[discounts]`);
}

type PeriodParams = NonNullable<AddedItemParams['period']>;

/** The time that it is for; without a word of it that which all items have in common, as the reference says. */
function periodOf(
  { now }: Context,
  subscription: Subscription,
  { start, end }: PeriodParams = { start: { type: 'max_item_period_start' }, end: { type: 'min_item_period_end' } },
  at: string,
): Period {
  const current = currentPeriod(subscription);
  const startAt = timestampOf(start, `${at}[start]`) ?? (start.type === 'now' ? now : current.start);
  return { start: startAt, end: timestampOf(end, `${at}[end]`) ?? current.end };
}

/** Such an item names its price directly, and not as `pricing[price]`. */
async function named<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.param === undefined) throw error;
    throw new StripeError({ ...error.fields, param: error.fields.param.replace('[pricing][price]', '[price]') });
  }
}

function bothGiven(at: string) {
  return invalidRequest(
    'You may only specify one of these parameters: price, price_data.',
    `${at}[price]`,
    'parameters_exclusive',
  );
}
