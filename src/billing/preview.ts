import { requireCustomer } from '../customers/write.ts';
import { asPreview } from '../invoices/draft.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import { insertPreview } from '../invoices/preview.sql.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, StripeError } from '../stripe/errors.ts';
import { requireSubscription } from '../subscriptions/change.ts';
import type { Subscription } from '../subscriptions/subscription.ts';
import { upcomingInvoice } from './charges.ts';
import { factsOf } from './facts.ts';
import type { CreatePreviewParams } from './preview.params.ts';
import { usageOfEnding } from './usage.ts';

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
  const facts = await factsOf(context, customer, subscription);
  const preview = asPreview(upcomingInvoice(facts, await usageOfEnding(context, subscription)));
  await insertPreview(context, preview, context.now);
  return preview;
}

function noUpcomingInvoice({ customerId }: Subscription): StripeError {
  return new StripeError({
    status: 404,
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customerId}`,
  });
}
