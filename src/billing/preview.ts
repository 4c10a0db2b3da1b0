import { findProducts } from '../catalog/product.sql.ts';
import { requireCustomer } from '../customers/write.ts';
import { asPreview } from '../invoices/draft.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { insertPreview } from '../invoices/preview.sql.ts';
import { findMeters } from '../metering/meter.sql.ts';
import { usageOf } from '../metering/usage.sql.ts';
import type { Decimal } from '../money/decimal.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, StripeError } from '../stripe/errors.ts';
import { requireSubscription } from '../subscriptions/change.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { itemsEndingNext, upcomingInvoice } from './charges.ts';
import type { CreatePreviewParams } from './preview.params.ts';

/**
 * The next invoice of a subscription as it would be if its period ended with the usage so far: the renewal's own
 * computation, stopped before anything is issued. The answer alone is kept, so that it can be read again.
 */
export async function previewInvoice(context: Context, params: CreatePreviewParams): Promise<WholeInvoice> {
  const subscription = await requireSubscription(context, params.subscription, 'subscription');
  if (params.customer !== undefined && params.customer !== subscription.customerId) {
    throw invalidRequest(
      `The subscription ${subscription.id} does not belong to customer ${params.customer}.`,
      'customer',
    );
  }
  if (subscription.status === 'canceled') throw noUpcomingInvoice(subscription);
  const customer = await requireCustomer(context, subscription.customerId, 'customer');
  const products = await findProducts(context, [...new Set(subscription.items.map((item) => item.price.productId))]);
  const facts = { customer, subscription, products: new Map(products.map((product) => [product.id, product])) };
  const preview = asPreview(upcomingInvoice(facts, await usageSoFar(context, subscription)));
  await insertPreview(context, preview, context.now);
  return preview;
}

/** The usage of each metered item that ends next, by item id; items that share meter, period and filter share the query. */
async function usageSoFar(context: Context, subscription: Subscription): Promise<Map<string, Decimal>> {
  const metered = itemsEndingNext(subscription).flatMap(({ id, price, currentPeriod }) => {
    const meterId = price.recurring?.meterId ?? null;
    return meterId === null ? [] : [{ id, meterId, currentPeriod, filter: price.dimensionFilter }];
  });
  const meters = await findMeters(context, [...new Set(metered.map((item) => item.meterId))]);
  const known = new Map<string, Decimal>();
  const byItem = new Map<string, Decimal>();
  for (const { id, meterId, currentPeriod, filter } of metered) {
    const meter = meters.find((candidate) => candidate.id === meterId);
    if (meter === undefined) throw new Error(`the meter ${meterId} of the item ${id} does not exist`);
    const key = `${meterId} ${currentPeriod.start.toString()} ${JSON.stringify(filter)}`;
    const usage = known.get(key) ?? (await usageOf(context, meter, subscription.customerId, currentPeriod, filter));
    known.set(key, usage);
    byItem.set(id, usage);
  }
  return byItem;
}

function noUpcomingInvoice({ customerId }: Subscription): StripeError {
  return new StripeError({
    status: 404,
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customerId}`,
  });
}
