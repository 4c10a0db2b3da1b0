import { findCouponsByKey } from '../catalog/coupon.sql.ts';
import { findProducts } from '../catalog/product.sql.ts';
import { findTaxRates } from '../catalog/tax_rate.sql.ts';
import type { Customer } from '../customers/customer.ts';
import { recordEvents, type Told } from '../events/record.ts';
import { collectOpen } from '../invoices/collect.ts';
import { findDebits } from '../invoices/debit.sql.ts';
import { findDiscounts } from '../invoices/discount.sql.ts';
import type { Discount, InvoiceDiscount } from '../invoices/discount.ts';
import { asInvoice, draftInvoice, type InvoiceDraft } from '../invoices/draft.ts';
import { finalizeInvoice } from '../invoices/finalize.ts';
import type { WholeInvoice } from '../invoices/invoice.ts';
import type { InvoiceItem } from '../invoices/invoice_item.ts';
import { countPendingItems, insertItems } from '../invoices/invoice_item.sql.ts';
import { viewItem } from '../invoices/invoice_item.view.ts';
import { takePayment } from '../invoices/open_payment.ts';
import { termsBy } from '../invoices/redeem_discounts.ts';
import { MAX_INVOICE_ITEMS } from '../limits.ts';
import type { Payments } from '../payments/payments.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest } from '../stripe/errors.ts';
import {
  allDiscountIds,
  inheritDiscounts,
  markDropped,
  toldOfDropped,
  withoutDiscounts,
} from '../subscriptions/discounts.ts';
import { requireSubscription } from '../subscriptions/change.ts';
import { keepingEnding } from '../subscriptions/ending.ts';
import type { PaymentBehavior } from '../subscriptions/subscription.params.ts';
import { keepSubscriptions, toldOfUpdates } from '../subscriptions/keep.ts';
import { currentPeriod } from '../subscriptions/periods.ts';
import { settlePeriods } from '../subscriptions/settle_periods.ts';
import { changeStatus, statusAfter } from '../subscriptions/standing.ts';
import type { Subscription, SubscriptionItem } from '../subscriptions/subscription.ts';
import {
  type ChangeFacts,
  type ChangePlan,
  concernsBilling,
  planChange,
  type ProrationBehavior,
  restPeriod,
} from './change_plan.ts';
import { type Facts, termsOf } from './charges.ts';
import { closingsOf, countingUnbilled } from './counting.ts';
import { factsOf } from './facts.ts';
import { heldBack, settlePaused } from './pause_collection.ts';
import { createAllWithPending, withPending } from './pending_items.ts';
import { periodAmounts } from './plan_amounts.ts';
import { type Asked, makePending } from './pending_updates/make.ts';
import { isIntent, type PaidBy, type Subscribed } from './subscribe.ts';
import { usageOf } from './usage.ts';
import { watchSubscription } from './watch_usage.ts';

/** A change of a subscription that somebody wants, of whatever kind. */
export type Change = {
  /** Locked. */
  readonly customer: Customer;
  /** Locked, unless nothing is to be written. */
  readonly before: Subscription;
  /**
   * As it is to be. Items keep their ids; what is new has one already. Periods follow by themselves, but an item whose price
   * recurs as before has the one that is given here, which may end earlier or later.
   */
  readonly wanted: Subscription;
  /** When it is to end, of the subscription in the periods that the change gives it; else as it was. */
  readonly ending?: ((settled: Subscription) => Subscription) | undefined;
  readonly behavior: ProrationBehavior;
  /** `now`: every period starts anew. */
  readonly anchor: 'now' | 'unchanged';
  /** Who counts usage from now on, where `wanted` does not tell. */
  readonly countedBy?: readonly SubscriptionItem[] | undefined;
  /** From when on prorations count; not before the current period, nor after it. */
  readonly at: Temporal.Instant;
  /** Those of `wanted` and its items where these are not stored; else they are looked up. */
  readonly discounts?: readonly Discount[];
  /** What else is charged once: pending, and on the invoice that is made at once where there is one. */
  readonly added?: readonly InvoiceItem[];
  /** How the invoice that is made at once is paid; by itself where nobody says so. */
  readonly paying?: Paying;
};

/** How the invoice that a change makes at once is paid. */
export type Paying = {
  /** `default_incomplete`: somebody wants to confirm the payment. `pending_if_incomplete`: the change is made once it is paid. */
  readonly behavior: PaymentBehavior;
  /** The customer is not there to authenticate. */
  readonly offSession: boolean | undefined;
  /** An intent that has paid it before, or says that one will later. */
  readonly paidBy: PaidBy;
  /** What is told of it where it becomes pending. */
  readonly request: Asked;
};

/** What comes of a change. */
export type ComputedChange = {
  /** From when on its prorations count. */
  readonly at: Temporal.Instant;
  readonly after: Subscription;
  /** To become pending, in the order of their lines. */
  readonly items: readonly InvoiceItem[];
  /** The invoice that is made at once, without what is pending; undefined: none is. */
  readonly draft: InvoiceDraft | undefined;
};

/** What a change makes of a subscription, and what it bills. Nothing is written: a preview stops here. */
export async function computeChange(context: Context, change: Change): Promise<ComputedChange> {
  const { customer, before, wanted, ending, behavior, anchor, at, countedBy, added = [] } = change;
  const { now } = context;
  const { after: settled, isReset } = settlePeriods(before, wanted, { now, at }, anchor);
  const changed = inPeriods(settled, { before, ending });
  const moved = { before, after: changed, countedBy, isReset, now, at };
  const isConcerned = concernsBilling(moved);
  const plan = isConcerned
    ? planChange({ ...(await lookUp(context, change, moved)), ...moved, behavior })
    : NOTHING_BILLED;
  const closed = closingsOf(before, plan, now);
  const after = isConcerned ? await countingUnbilled(context, before, changed, closed) : changed;
  const isInvoiced = plan.isInvoiced || (behavior === 'always_invoice' && added.length > 0);
  const draft = isInvoiced ? draftOf(context, before, await factsOf(context, customer, after), plan) : undefined;
  return { at, after, items: [...plan.items, ...added], draft };
}

/** A subscription in periods of its own that ends as it was to end (`before`), or as it is to from now on. */
export function inPeriods(settled: Subscription, { before, ending }: Pick<Change, 'before' | 'ending'>): Subscription {
  const kept = keepingEnding(settled, before.cancelAt);
  return ending === undefined ? kept : ending(kept);
}

const NOTHING_BILLED: ChangePlan = { items: [], charges: [], isInvoiced: false };

/** A change, and when it is made and counts. */
type Moved = Pick<ChangeFacts, 'before' | 'after' | 'countedBy' | 'isReset' | 'now' | 'at'>;

/** What else the plan of a change needs to know. */
async function lookUp(context: Context, { customer, discounts }: Change, moved: Moved) {
  const { before, after, at, now } = moved;
  const debits = await findDebits(context, before, Temporal.Instant.compare(at, now) < 0 ? at : now);
  const taxRates = await findTaxRates(context, [...new Set(debits.flatMap(({ taxRateIds }) => taxRateIds))]);
  const prices = [...before.items, ...after.items].map(({ price }) => price);
  const productIds = new Set([...prices, ...debits].map(({ productId }) => productId));
  const products = new Map((await findProducts(context, [...productIds])).map((product) => [product.id, product]));
  const usage = await usageOf(
    context,
    before.items.flatMap((item) => {
      const period = restPeriod(moved, item);
      return period === null ? [] : [{ customerId: customer.id, item, period }];
    }),
  );
  const termsBefore = await lastingTerms(context, before, await findDiscounts(context, allDiscountIds(before)), at);
  const given = discounts ?? (await findDiscounts(context, allDiscountIds(after)));
  const termsAfter = await lastingTerms(context, after, given, at);
  return {
    debits,
    taxRates: new Map(taxRates.map((rate) => [rate.id, rate])),
    products,
    usage,
    amounts: {
      before: periodAmounts(before, products, termsBefore),
      after: periodAmounts(after, products, termsAfter),
    },
  };
}

/** The terms of those discounts that are on a subscription at a time, and on more than its next invoice. */
async function lastingTerms(
  context: Context,
  { currency }: Subscription,
  discounts: readonly Discount[],
  at: Temporal.Instant,
): Promise<InvoiceDiscount[]> {
  const lasting = discounts.filter(({ endAt }) => endAt === null || Temporal.Instant.compare(endAt, at) > 0);
  const keys = [...new Set(lasting.map(({ couponKey }) => couponKey))];
  const coupons = await findCouponsByKey(context, keys);
  const once = new Set(coupons.filter(({ duration }) => duration === 'once').map(({ key }) => key));
  return termsBy(
    coupons,
    lasting.filter(({ couponKey }) => !once.has(couponKey)),
    currency,
  );
}

function draftOf({ now }: Context, before: Subscription, facts: Facts, plan: ChangePlan): InvoiceDraft {
  const period = { start: currentPeriod(before).start, end: now };
  const terms = { ...termsOf(facts), billingReason: 'subscription_update', period, createdAt: now } as const;
  return draftInvoice(terms, plan.charges);
}

/**
 * Makes a change: stores the subscription and what it bills, and the invoice where one is made at once; that is finalized
 * and charged in the request, or stays a draft where invoices are sent. Answers the subscription and the attempt to pay
 * that is to be finished after the commit. Without `payments` the invoice stays a draft for as long as every draft. Tells `customer.subscription.updated`, `invoiceitem.created` of each item,
 * then what the invoice tells.
 */
export async function applyChange(context: Context, payments: Payments | null, change: Change): Promise<Subscribed> {
  return await makeChange(context, payments, change, await computeChange(context, change));
}

/** Does what was computed, in the place of `before`; both are locked. */
export async function makeChange(
  context: Context,
  payments: Payments | null,
  { customer, before, paying }: Pick<Change, 'customer' | 'before' | 'paying'>,
  { after, items, draft }: Pick<ComputedChange, 'after' | 'items' | 'draft'>,
): Promise<Subscribed> {
  const isHeld = draft === undefined || !heldBack(after, asInvoice(draft)).invoice.autoAdvance;
  if (payments !== null && !isHeld && paying?.behavior === 'pending_if_incomplete') {
    return await makePending(context, payments, { customer, before, after, items, draft, ...paying });
  }
  await checkRoom(context, customer, items);
  await insertItems(context, items);
  const billed = draft && (await withPending(context, heldBack(after, asInvoice(draft))));
  const inherited = billed && (await inheritDiscounts(context, after, billed.whole));
  const ended = inherited?.ended ?? [];
  await markDropped(context, ended);
  const latest = inherited === undefined ? after : { ...after, latestInvoiceId: inherited.whole.invoice.id };
  const subscription = ended.length === 0 ? latest : withoutDiscounts(latest, ended);
  await keepSubscriptions(context, [{ before, after: subscription }]);
  await watchSubscription(context, subscription);
  const told: Told[] = [
    ...toldOfDropped(ended),
    ...toldOfUpdates(context, [{ before, after: subscription }]),
    ...items.map((item) => ({ type: 'invoiceitem.created', object: viewItem(context, item) })),
  ];
  if (billed === undefined || inherited === undefined) {
    await recordEvents(context, told);
    return { subscription, attemptId: null };
  }
  const created = await createAllWithPending(context, [{ ...billed, whole: inherited.whole }]);
  await recordEvents(context, [...told, ...created]);
  return await collectNow(context, payments, { customer, subscription, whole: inherited.whole, paying });
}

/**
 * Finalizes and charges the invoice of a change, unless it is sent, or nobody is to pay it. Where somebody wants to confirm its
 * payment the subscription is past due until then.
 */
async function collectNow(context: Context, payments: Payments | null, made: Made): Promise<Subscribed> {
  const { customer, subscription, paying } = made;
  if (!made.whole.invoice.autoAdvance) await settlePaused(context, [made]);
  if (payments === null || subscription.collectionMethod === 'send_invoice' || !made.whole.invoice.autoAdvance) {
    return { subscription, attemptId: null };
  }
  const paidBy = paying?.paidBy ?? null;
  const whole = await finalizeInvoice(context, customer, made.whole, { opensPayments: !isIntent(paidBy) });
  if (isIntent(paidBy)) await takePayment(context, payments, whole, paidBy);
  if (paidBy !== null) return { subscription: await requireSubscription(context, subscription.id), attemptId: null };
  if (paying?.behavior === 'default_incomplete' && whole.invoice.status === 'open') {
    const status = statusAfter(subscription, 'failed', context.now);
    return { subscription: await changeStatus(context, subscription, status), attemptId: null };
  }
  const attemptId = await collectOpen(context, payments, { customer, whole, offSession: paying?.offSession });
  if (whole.invoice.status === 'paid') await payments.listener.invoiceChanged(context, whole.invoice.id);
  // The status may have followed the invoice.
  return { subscription: await requireSubscription(context, subscription.id), attemptId };
}

type Made = {
  readonly customer: Customer;
  readonly subscription: Subscription;
  readonly whole: WholeInvoice;
  readonly paying: Paying | undefined;
};

async function checkRoom(context: Context, customer: Customer, items: readonly InvoiceItem[]): Promise<void> {
  if (items.length === 0) return;
  const pending = await countPendingItems(context, customer.id);
  if (pending + BigInt(items.length) <= BigInt(MAX_INVOICE_ITEMS)) return;
  throw invalidRequest(`A customer can have at most ${MAX_INVOICE_ITEMS} pending invoice items.`, 'items');
}
