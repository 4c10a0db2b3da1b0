import { checkChargeable } from '../payments/amount.ts';
import { readAttempt } from '../payments/attempt.sql.ts';
import { beginCollection } from '../payments/collect.ts';
import type { Payments } from '../payments/payments.ts';
import { viewPaymentIntent } from '../payments/payment_intent.view.ts';
import { asStripeError, type Settled } from '../payments/settle.ts';
import { lockIntent } from '../payments/write_payment_intent.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, StripeError } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import type { Begun } from '../stripe/route.ts';
import type { PayInvoiceParams } from './invoice.params.ts';
import { remainingOf, type WholeInvoice } from './invoice.ts';
import { viewInvoice } from './invoice.view.ts';
import { collectOpen, orderOf } from './collect.ts';
import { lockInvoice, type LockedInvoice } from './lock.ts';
import { closePayment, openPayment } from './open_payment.ts';
import { defaultMethodOf } from './paying_method.ts';
import { toBePaid } from './paying_steps.ts';
import { requireInvoice } from './read.ts';
import { finalizeAndTell, finalized, payOutOfBand, voidLocked, withAdvance } from './settle.ts';

/**
 * Begins to pay an invoice, in the first transaction; a draft is finalized first. Paid out of band it is paid at once, as
 * it is with nothing due. Throws where it is paid already, and where there is nothing to pay with.
 */
export async function beginPay(
  requested: Context,
  payments: Payments,
  id: string,
  params: PayInvoiceParams,
): Promise<Begun> {
  checkParams(params);
  const locked = await lockInvoice(requested, id, 'pay');
  const { context } = locked;
  const whole = await finalized(context, payments, locked);
  if (whole.invoice.status === 'paid') return { answer: viewInvoice(context, whole) };
  if (params.paid_out_of_band !== true) return await beginCharge({ ...locked, whole }, payments, params);
  const paid = await payOutOfBand(context, whole);
  await closePayment(context, payments, id, 'automatic');
  await payments.listener.invoiceChanged(context, id);
  return { answer: viewInvoice(context, paid) };
}

function checkParams(params: PayInvoiceParams): void {
  if (params.paid_out_of_band !== true) return;
  const extra = (['payment_method', 'off_session'] as const).find((name) => params[name] !== undefined);
  if (extra === undefined) return;
  throw invalidRequest(
    `You may only specify one of these parameters: paid_out_of_band, ${extra}.`,
    extra,
    'parameters_exclusive',
  );
}

async function beginCharge(
  { context, customer, whole }: LockedInvoice,
  payments: Payments,
  { payment_method: given, off_session: offSession = false }: PayInvoiceParams,
): Promise<Begun> {
  const { invoice } = whole;
  const payment = await openPayment(context, invoice);
  checkChargeable(remainingOf(invoice), invoice.currency, null);
  const paymentMethodId = given ?? (await defaultMethodOf(context, invoice, customer));
  if (paymentMethodId === null || payment === undefined) {
    throw invalidRequest(
      'There is no `default_payment_method` set on this Customer or Invoice. Please set either of these before attempting to pay.',
    );
  }
  const order = { ...orderOf(whole, customer, payment.paymentIntentId), paymentMethodId, offSession };
  const attemptId =
    (await attemptInFlight(context, order)) ?? (await beginCollection(context, payments, order)).attemptId;
  return toBePaid({ objectId: invoice.id, attemptId, clockId: customer.testClockId });
}

/** An attempt with the same method whose outcome nobody knows yet, after a crash or by another request: it is joined. */
async function attemptInFlight(
  context: Context,
  { intentId, paymentMethodId }: { intentId: string; paymentMethodId: string },
): Promise<string | undefined> {
  const { attemptId } = await lockIntent(context, intentId);
  if (attemptId === null) return undefined;
  const attempt = await readAttempt(context, attemptId);
  return attempt.paymentMethodId === paymentMethodId ? attemptId : undefined;
}

/** What the request that paid is answered: the invoice, or the card error that leaves it open. */
export async function tellPaid(
  context: Context,
  id: string,
  { intent, attempt }: Settled,
): Promise<JsonObject | StripeError> {
  const about = { payment_intent: viewPaymentIntent(context, intent) };
  if (attempt.error !== null) return asStripeError(attempt.error, about);
  if (intent.status !== 'requires_action') return await tellInvoice(context, id);
  return new StripeError({
    status: 402,
    type: 'card_error',
    code: 'invoice_payment_intent_requires_action',
    message:
      'This payment requires additional user action before it can be completed successfully. Payment can be completed using the PaymentIntent associated with the invoice.',
    details: about,
  });
}

export async function tellInvoice(context: Context, id: string): Promise<JsonObject> {
  return viewInvoice(context, await requireInvoice(context, id));
}

/** Finalizes a draft; one that goes on by itself is collected, and the answer is what came of it. */
export async function beginFinalize(
  requested: Context,
  payments: Payments,
  id: string,
  autoAdvance: boolean | undefined,
): Promise<Begun> {
  const { context, customer, whole: draft } = await lockInvoice(requested, id, 'finalize');
  const invoice = withAdvance(draft.invoice, autoAdvance);
  const whole = await finalizeAndTell(context, payments, { customer, whole: { ...draft, invoice } });
  const attemptId = await collectOpen(context, payments, { customer, whole });
  if (attemptId === null) return { answer: await tellInvoice(context, id) };
  return toBePaid({ objectId: id, attemptId, clockId: customer.testClockId });
}

/** Voids an invoice and gives up what was to pay it. */
export async function voidUnpaid(requested: Context, payments: Payments, id: string): Promise<WholeInvoice> {
  const { context, whole } = await lockInvoice(requested, id, 'void');
  const voided = await voidLocked(context, whole);
  await closePayment(context, payments, id, 'void_invoice');
  await payments.listener.invoiceChanged(context, id);
  return voided;
}
