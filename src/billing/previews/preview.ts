import { atTimeOf } from '../../clocks/time.ts';
import type { Customer } from '../../customers/customer.ts';
import { applyChange, requireCustomer } from '../../customers/write.ts';
import { readTaxIds } from '../../customers/write_tax_id.ts';
import { asPreview, draftInvoice, type InvoiceDraft } from '../../invoices/draft.ts';
import type { Discount, InvoiceDiscount } from '../../invoices/discount.ts';
import type { WholeInvoice } from '../../invoices/invoice.ts';
import { type InvoiceItem, lineOf } from '../../invoices/invoice_item.ts';
import { withItems } from '../../invoices/item_discounts.ts';
import { insertPreview } from '../../invoices/preview.sql.ts';
import type { Foreseen } from '../../invoices/redeem_discounts.ts';
import { findTaxFacts, type TaxFacts } from '../../invoices/tax_facts.sql.ts';
import { discountLines, taxLines, totalsOf } from '../../invoices/totals.ts';
import { DRAFT_HOURS } from '../../limits.ts';
import type { Context } from '../../stripe/context.ts';
import { invalidRequest, missingParameter, StripeError } from '../../stripe/errors.ts';
import { requireSubscription } from '../../subscriptions/change.ts';
import { currentPeriod, endsWithPeriod } from '../../subscriptions/periods.ts';
import { isBilling } from '../../subscriptions/settle_periods.ts';
import { findNextToRenew } from '../../subscriptions/subscription.sql.ts';
import { hasEnded, type Subscription } from '../../subscriptions/subscription.ts';
import { checkThresholds } from '../../subscriptions/thresholds.ts';
import type { Period } from '../../time/period.ts';
import { withLateUsage } from '../late_usage/bill.ts';
import type { ComputedChange } from '../apply_change.ts';
import { chargelessInvoice, type Facts, upcomingInvoice } from '../charges.ts';
import { factsOf } from '../facts.ts';
import { firstDraft } from '../first_draft.ts';
import type { CreatePreviewParams, SubscriptionDetails } from './preview.params.ts';
import { withAffordable } from './added.ts';
import { previewChange } from './change.ts';
import { checkCancelNow, previewCancelNow, withEndOfDetails } from './ending.ts';
import { discountsOf, discountsOfItems, discountsOfSubscription } from './discounts.ts';
import { type NextPhase, readNextPhase } from './next_phase.ts';
import { oneOffItems, type PlacedItem, type PlannedItem } from './items.ts';
import { withoutInlinePrices } from './price.ts';
import { addedBy, checkRenewal, inPhase, type Phase, readPhase, startOf } from './schedule.ts';
import { type Aimed, aimAtSchedule } from './stored.ts';
import { applyDetails, blankSubscription, type Previewed, type Wanted } from './subscription.ts';
import { redeemable } from '../schedules/phase.ts';
import { asItRenews, inOtherTime } from '../preview_time.ts';
import { usageOfEnding } from '../usage.ts';

/**
 * The next invoice as it would be now: of a subscription, made or to be made, with its usage so far, or of a customer's
 * pending items alone. It is the computation of the real one, stopped before anything is issued; the answer alone is
 * kept, so that it can be read again. Throws invoice_upcoming_none where there is nothing to bill.
 */
export async function previewInvoice(context: Context, asked: CreatePreviewParams): Promise<WholeInvoice> {
  const aimed = await aimAtSchedule(context, asked);
  if (aimed === undefined) throw noUpcomingInvoice(asked.customer ?? asked.schedule ?? '');
  const preview = await composePreview(context, aimed.params, await readBilled(context, aimed));
  await insertPreview(context, preview, context.now);
  return preview;
}

/** The next invoice of a locked subscription as it goes on by itself, which is told and not kept. Throws as `previewInvoice`. */
export async function previewUpcoming(
  timed: Context,
  customer: Customer,
  existing: Subscription,
): Promise<WholeInvoice> {
  const next = await readNextPhase(timed, customer, existing);
  const billed = { customer, existing: next?.subscription ?? existing, phase: undefined, next, foreseen: [] };
  return await composePreview(timed, { subscription: existing.id }, { timed, billed, existing });
}

async function composePreview(
  context: Context,
  params: CreatePreviewParams,
  { timed, billed, existing }: ReadBilled,
): Promise<WholeInvoice> {
  const { customer, phase, foreseen } = billed;
  const base = await inPhase(phase, () => draftOfSubscription(timed, params, billed));
  const currency = chooseCurrency(context, params, customer, base ?? existing);
  const ofItemsOnly = params.subscription_details?.cancel_now === true;
  const terms = { customer, subscriptionId: existing?.id, currency, foreseen, ofItemsOnly };
  const withOnce = params.preview_mode !== 'recurring';
  const oneOffs = withOnce
    ? [...(base?.prorations ?? []), ...(await oneOffItems(timed, terms, await addedItems(timed, params, billed, base)))]
    : [];
  const draft = base?.draft ?? emptyDraft(timed, customer, currency, await findTaxFacts(context, customer.id));
  const whole = withOneOffs(draft, oneOffs);
  if (whole.lines.length === 0) throw noUpcomingInvoice(customer.id);
  const discounts = await wantedDiscounts(timed, params, { ...billed, base }, whole);
  return asPreview(withTaxIds(withoutInlinePrices(withDiscounts(whole, discounts)), params));
}

/** What a preview is of, as it was read. */
type ReadBilled = {
  readonly timed: Context;
  readonly billed: Billed;
  /** As it is stored. */
  readonly existing: Subscription | undefined;
};

/** Whom and what a preview is of, in the time of the customer, or of what begins later; `existing` as it is stored. */
async function readBilled(context: Context, { params, first }: Aimed): Promise<ReadBilled> {
  const existing = params.schedule_details === undefined ? await findBilled(context, params) : undefined;
  const customerId = existing?.customerId ?? params.customer;
  if (customerId === undefined) throw missingParameter('customer');
  const customer = applyChange(await requireCustomer(context, customerId, 'customer'), params.customer_details ?? {});
  const present = await atTimeOf(context, customer.testClockId);
  const timed = { ...present, now: first?.start ?? startOf(present, params) };
  const phase = await readPhase(timed, params, customer, first);
  const next = existing && isAsItIs(params) ? await readNextPhase(timed, customer, existing) : undefined;
  const billed: Billed = { customer, existing: next?.subscription ?? existing, phase, next, foreseen: [] };
  return { timed, billed, existing };
}

/** The discounts of a preview: those of the request, else of the phase that begins, else what is inherited. */
async function wantedDiscounts(
  context: Context,
  { discounts, preview_mode: mode }: CreatePreviewParams,
  { base, existing, phase, next, foreseen }: Billed & { readonly base: SubscriptionDraft | undefined },
  whole: InvoiceDraft,
): Promise<readonly InvoiceDiscount[]> {
  const { currency, customerId, subtotal: amount } = whole.invoice;
  const planned =
    phase?.planned && (await redeemable(context, { currency, customerId, amount }, phase.planned.discounts));
  const ofPhase = discounts === undefined ? (planned ?? (phase ?? next)?.discounts) : undefined;
  return await inPhase(phase, async () => {
    const own = await discountsOfSubscription(context, existing, ofPhase, whole, foreseen);
    return await discountsOf(context, { discounts, mode }, { base, own }, whole, foreseen);
  });
}

/** True where a subscription is shown as it goes on by itself. */
function isAsItIs({ subscription_details: details }: CreatePreviewParams): boolean {
  return details === undefined;
}

/** The subscription that is named, else that of the customer which renews next, unless one is to be made. */
async function findBilled(context: Context, params: CreatePreviewParams): Promise<Subscription | undefined> {
  if (params.subscription !== undefined) return await requireBilled(context, params);
  if (params.customer === undefined || params.subscription_details?.items !== undefined) return undefined;
  if (params.subscription_details !== undefined) throw missingParameter('subscription_details[items]');
  const id = await findNextToRenew(context, params.customer);
  return id === undefined ? undefined : await requireSubscription(context, id, 'subscription');
}

/** A subscription that still bills, and is the customer's where one is named. */
async function requireBilled(context: Context, { subscription: id = '', customer }: CreatePreviewParams) {
  const subscription = await requireSubscription(context, id, 'subscription');
  if (customer !== undefined && customer !== subscription.customerId) {
    throw invalidRequest(`The subscription ${subscription.id} does not belong to customer ${customer}.`, 'customer');
  }
  if (hasEnded(subscription)) throw noUpcomingInvoice(subscription.customerId);
  return subscription;
}

type Billed = {
  readonly customer: Customer;
  readonly existing: Subscription | undefined;
  readonly phase: Phase | undefined;
  /** Of an existing one: what becomes of it by its schedule. */
  readonly next: NextPhase | undefined;
  readonly foreseen: Foreseen;
};

type SubscriptionDraft = {
  readonly draft: InvoiceDraft;
  readonly currency: string;
  /** What all its items have in common. */
  readonly current: Period;
  /** Those that its items would have. */
  readonly discounts: readonly Discount[];
  /** What the change that the request asks for would bill once. */
  readonly prorations: readonly InvoiceItem[];
};

/** What a subscription would bill next; undefined where there is none, or it bills nothing more. */
async function draftOfSubscription(
  context: Context,
  params: CreatePreviewParams,
  billed: Billed,
): Promise<SubscriptionDraft | undefined> {
  const { customer, existing, phase } = billed;
  const details = phase?.details ?? params.subscription_details ?? {};
  const wanted = await wantedSubscription(context, params, billed, details);
  if (wanted === undefined) return undefined;
  if (existing !== undefined) return await draftOfExisting(context, params, { ...billed, existing }, wanted, details);
  if (details.cancel_now === true) checkCancelNow(details, undefined);
  const subscription = withEndOfDetails(context, wanted.subscription, details);
  if (phase !== undefined) checkThresholds({ ...subscription, thresholds: phase.thresholds });
  const facts = await factsOf(context, customer, subscription);
  // A new subscription bills first what is billed in advance; where nothing is, its first renewal comes next.
  const first = await firstDraft(context, facts, 'subscription_details[start_date]');
  const named = await withAffordable(context, wanted, phase?.planned, first);
  const discounts = await discountsOfItems(context, named, first, billed.foreseen);
  const current = currentPeriod(subscription);
  const told = { currency: subscription.currency, current, discounts, prorations: [] };
  if (first !== undefined && params.preview_mode !== 'recurring') return { draft: asUpcoming(first), ...told };
  checkRenewal(subscription, phase?.nextAt ?? null);
  return { draft: await renewalOf(context, facts), ...told };
}

/** What an existing subscription bills next: at once, by the change that the request asks for, or at its renewal. */
async function draftOfExisting(
  context: Context,
  { preview_mode: mode }: CreatePreviewParams,
  { customer, existing, next, foreseen }: Billed & { readonly existing: Subscription },
  wanted: Wanted,
  details: SubscriptionDetails,
): Promise<SubscriptionDraft | undefined> {
  const discounts = await discountsOfItems(context, wanted, undefined, foreseen);
  if (details.cancel_now === true) {
    checkCancelNow(details, existing);
    const { draft, prorations } = await previewCancelNow(context, customer, wanted.subscription, details);
    const current = currentPeriod(existing);
    return { draft: asUpcoming(draft), currency: existing.currency, current, discounts, prorations };
  }
  const moved = await inOtherTime(context, customer, { existing, wanted: wanted.subscription }, details);
  const there = { ...wanted, subscription: moved.subscription };
  const change =
    next?.change ??
    moved.change ??
    (await previewChange(context, customer, { existing, wanted: there, details, discounts }));
  const { currency } = wanted.subscription;
  const told = { currency, current: currentPeriod(existing), discounts, prorations: change?.items ?? [] };
  if (change?.draft !== undefined && mode !== 'recurring') return { draft: asUpcoming(change.draft, change), ...told };
  const subscription = change?.after ?? moved.subscription;
  if (subscription.status === 'paused') return undefined;
  const facts = await factsOf(context, customer, subscription);
  const renewal = await renewalOf(context, facts);
  if (mode === 'recurring') return { draft: renewal, ...told };
  const [draft = renewal] = await withLateUsage(context, [{ ...facts, draft: renewal }]);
  return { draft: asUpcoming(draft, change), ...told };
}

/** The invoice with which the current period of a subscription ends; without lines where nothing is left to bill then. */
async function renewalOf(context: Context, facts: Facts): Promise<InvoiceDraft> {
  const subscription = asItRenews(facts.subscription);
  // What ends with its trial bills nothing of its own.
  if (!isBilling(subscription) && endsWithPeriod(subscription)) {
    const period = currentPeriod(subscription);
    return chargelessInvoice(facts, { billingReason: 'upcoming', period, createdAt: period.end });
  }
  return upcomingInvoice({ ...facts, subscription }, await usageOfEnding(context, [subscription]));
}

/** The subscription as the request wants it; undefined where it wants none, or one without items. */
async function wantedSubscription(
  context: Context,
  params: CreatePreviewParams,
  { customer, existing, phase, next }: Billed,
  details: SubscriptionDetails,
): Promise<Wanted | undefined> {
  if (existing === undefined && details.items === undefined) return undefined;
  const previewed: Previewed = {
    subscription: existing ?? blankSubscription(context, customer, details, phase?.collection),
    isNew: existing === undefined,
    isPlanned: phase?.planned !== undefined,
  };
  const currency = params.currency ?? phase?.currency;
  const wanted = await applyDetails(context, customer, previewed, details, currency);
  if (wanted.subscription.items.length === 0) return undefined;
  return { ...wanted, discounts: next?.itemDiscounts ?? wanted.discounts };
}

function asUpcoming({ invoice, lines }: InvoiceDraft, change?: Pick<ComputedChange, 'at' | 'items'>): InvoiceDraft {
  const prorationAt = change?.items.some(({ proration }) => proration) === true ? change.at : null;
  return { invoice: { ...invoice, billingReason: 'upcoming', automaticallyFinalizesAt: null, prorationAt }, lines };
}

function chooseCurrency(
  context: Context,
  { currency }: CreatePreviewParams,
  customer: Customer,
  billed: { readonly currency: string } | undefined,
): string {
  const expected = billed?.currency ?? customer.currency;
  if (currency === undefined || expected === null || currency === expected) {
    return expected ?? currency ?? context.account.defaultCurrency;
  }
  throw invalidRequest(`The preview is in \`${expected}\`, not in \`${currency}\`.`, 'currency');
}

function emptyDraft({ now }: Context, customer: Customer, currency: string, taxFacts: TaxFacts): InvoiceDraft {
  const terms = {
    customer,
    subscriptionId: null,
    subscriptionMetadata: null,
    billingReason: 'upcoming',
    collectionMethod: 'charge_automatically',
    daysUntilDue: null,
    paymentMethodTypes: null,
    currency,
    period: { start: now, end: now },
    defaultTaxRates: [],
    taxFacts,
    createdAt: now,
    draftHours: DRAFT_HOURS,
  } as const;
  return draftInvoice(terms, []);
}

/** What is charged once: by the phase that begins, and by the request. */
async function addedItems(
  context: Context,
  { invoice_items: asked = [] }: CreatePreviewParams,
  { customer, phase, next }: Billed,
  base: SubscriptionDraft | undefined,
): Promise<(PlacedItem | PlannedItem)[]> {
  const placed = asked.map((params, index) => ({ params, at: `invoice_items[${index}]` }));
  const begun = phase && base ? await inPhase(phase, () => addedBy(context, phase, customer.id, base)) : [];
  return [...(next?.addedItems ?? []), ...begun, ...placed];
}

/** What is charged once stands before what the subscription charges. */
function withOneOffs({ invoice, lines }: InvoiceDraft, oneOffs: readonly InvoiceItem[]): InvoiceDraft {
  const all = [...oneOffs.map((item) => lineOf(item)), ...lines];
  return withItems({ invoice: { ...invoice, ...totalsOf(all, invoice) }, lines: all }, oneOffs);
}

function withDiscounts({ invoice, lines }: InvoiceDraft, discounts: readonly InvoiceDiscount[]): InvoiceDraft {
  const taxed = taxLines(discountLines(lines, discounts), invoice);
  return { invoice: { ...invoice, ...totalsOf(taxed, { ...invoice, discounts }) }, lines: taxed };
}

/** Shows the tax ids of the request in the place of the customer's. */
function withTaxIds(
  { invoice, lines }: InvoiceDraft,
  { customer_details: details }: CreatePreviewParams,
): InvoiceDraft {
  if (details?.tax_ids === undefined) return { invoice, lines };
  return { invoice: { ...invoice, customerTaxIds: readTaxIds(details.tax_ids, 'customer_details[tax_ids]') }, lines };
}

function noUpcomingInvoice(customerId: string): StripeError {
  return new StripeError({
    status: 404,
    code: 'invoice_upcoming_none',
    message: `No upcoming invoices for customer: ${customerId}`,
  });
}
