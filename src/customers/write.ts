import { raiseCacheEpoch } from '../accounts/epoch.sql.ts';
import { lockClock } from '../clocks/clock.sql.ts';
import { atTimeOf, clockAdvancing } from '../clocks/time.ts';
import type { ClockLimits } from '../config.ts';
import { recordEvent, type Told } from '../events/record.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId, randomCharacters } from '../stripe/ids.ts';
import { changeMetadata } from '../stripe/metadata.ts';
import { recordBalance, withBalance } from './adjust_balance.ts';
import { type Address, checkCurrency, type Customer } from './customer.ts';
import type { CreateCustomerParams, CustomerChange } from './customer.params.ts';
import {
  advanceInvoiceSequences,
  findCustomer,
  findIdsOnClock,
  insertCustomer,
  keepCustomer,
  lockCustomer,
  setCurrency,
  setDelinquent,
  updateDefaultPaymentMethod,
  updateCustomer,
} from './customer.sql.ts';
import { viewCustomer, viewDeletedCustomer } from './customer.view.ts';
import { addTaxId, readTaxIds } from './write_tax_id.ts';

const INVOICE_PREFIX_CHARACTERS = 8;

/**
 * Creates a customer, with its first balance and tax ids, and tells `customer.created` and `customer.tax_id.created`; with
 * `test_clock` in the time of that clock, for ever. Throws when there is no such clock, when it is advancing, or when it
 * has as many customers as `limits` allow.
 */
export async function createCustomer(
  context: Context,
  params: CreateCustomerParams,
  limits: ClockLimits,
): Promise<Customer> {
  const taxIds = readTaxIds(params.tax_id_data);
  const { test_clock: testClockId = null, ...details } = params;
  const timed = testClockId === null ? context : await joinClock(context, testClockId, limits);
  const blank = blankCustomer(timed.now, testClockId);
  const customer = withBalance(timed, applyChange(blank, details), params.balance);
  await insertCustomer(timed, customer);
  await recordBalance(timed, blank, customer, 'initial');
  await recordEvent(timed, 'customer.created', viewCustomer(timed, customer));
  for (const taxId of taxIds) await addTaxId(timed, customer.id, taxId);
  // Ingest must learn whose events are judged by a clock; all others it judges without asking.
  if (testClockId !== null) await raiseCacheEpoch(timed);
  return customer;
}

/** The context of a new customer of the clock, which is held until the end of the transaction. */
async function joinClock(context: Context, testClockId: string, limits: ClockLimits): Promise<Context> {
  const clock = await lockClock(context, testClockId);
  if (clock === undefined) throw resourceMissing('test_clock', testClockId, 'test_clock');
  if (clock.status === 'advancing') throw clockAdvancing();
  const isLimited = limits.customers !== Infinity;
  if (isLimited && (await findIdsOnClock(context, testClockId)).length >= limits.customers) {
    throw invalidRequest(
      `The test clock ${testClockId} has ${limits.customers} customers, which is the limit. Create another clock, or see USANCE_CLOCK_CUSTOMERS.`,
      'test_clock',
    );
  }
  return { ...context, now: clock.frozenAt };
}

function blankCustomer(createdAt: Temporal.Instant, testClockId: string | null): Customer {
  return {
    id: newId('customer'),
    name: null,
    email: null,
    description: null,
    phone: null,
    businessName: null,
    individualName: null,
    address: null,
    shipping: null,
    taxExempt: 'none',
    preferredLocales: [],
    invoicePrefix: randomCharacters(INVOICE_PREFIX_CHARACTERS).toUpperCase(),
    nextInvoiceSequence: 1n,
    invoiceFooter: null,
    invoiceCustomFields: null,
    defaultPaymentMethodId: null,
    currency: null,
    balance: 0n,
    delinquent: false,
    metadata: {},
    testClockId,
    createdAt,
    deletedAt: null,
  };
}

/** Changes the given fields and tells `customer.updated`. Throws resource_missing for unknown and deleted customers. */
export async function changeCustomer(context: Context, id: string, params: CustomerChange): Promise<Customer> {
  const customer = await lockLivingCustomer(context, id, 'id');
  const timed = await atTimeOf(context, customer.testClockId);
  const changed = withBalance(timed, applyChange(customer, params), params.balance);
  await updateCustomer(timed, changed);
  await recordBalance(timed, customer, changed, 'adjustment');
  await recordEvent(timed, 'customer.updated', viewCustomer(timed, changed), viewCustomer(timed, customer));
  return changed;
}

/** Marks a customer deleted: it stays readable as deleted, and what it used stays on record. */
export async function deleteCustomer(context: Context, id: string) {
  const customer = await lockLivingCustomer(context, id, 'id');
  const timed = await atTimeOf(context, customer.testClockId);
  await updateCustomer(timed, { ...customer, deletedAt: timed.now });
  await recordEvent(timed, 'customer.deleted', viewCustomer(timed, customer));
  await raiseCacheEpoch(timed);
  return viewDeletedCustomer(id);
}

/** A customer that exists and is not deleted. `param` names the parameter that refers to it. */
export async function requireCustomer(context: Context, id: string, param: string): Promise<Customer> {
  const customer = await findCustomer(context, id);
  if (customer === undefined || customer.deletedAt !== null) throw resourceMissing('customer', id, param);
  return customer;
}

/** The same, kept from being locked by others until the end of the transaction. */
export async function keepLivingCustomer(context: Context, id: string, param: string): Promise<Customer> {
  const customer = await keepCustomer(context, id);
  if (customer === undefined || customer.deletedAt !== null) throw resourceMissing('customer', id, param);
  return customer;
}

/** The same, locked until the end of the transaction. */
export async function lockLivingCustomer(context: Context, id: string, param: string): Promise<Customer> {
  const customer = await lockCustomer(context, id);
  if (customer === undefined || customer.deletedAt !== null) throw resourceMissing('customer', id, param);
  return customer;
}

/**
 * The currency of a locked customer: its first subscription or invoice sets it and tells `customer.updated`, all later
 * ones must be in it. Throws when this one is not.
 */
export async function takeOnCurrency(context: Context, customer: Customer, currency: string): Promise<Customer> {
  checkCurrency(customer, currency);
  if (customer.currency === currency) return customer;
  const changed = { ...customer, currency };
  await setCurrency(context, customer.id, currency);
  await recordEvent(context, 'customer.updated', viewCustomer(context, changed), viewCustomer(context, customer));
  return changed;
}

/**
 * Locks a customer, deleted or not, and changes its default payment method where it is `from`; tells `customer.updated`, in
 * its time.
 */
export async function replaceDefaultPaymentMethod(
  requested: Context,
  id: string,
  { from, to }: { from: string | null; to: string | null },
): Promise<Customer> {
  const customer = await lockCustomer(requested, id);
  if (customer === undefined) throw resourceMissing('customer', id);
  if (customer.defaultPaymentMethodId !== from) return customer;
  const context = await atTimeOf(requested, customer.testClockId);
  await updateDefaultPaymentMethod(context, id, to);
  const changed = { ...customer, defaultPaymentMethodId: to };
  await recordEvent(context, 'customer.updated', viewCustomer(context, changed), viewCustomer(context, customer));
  return changed;
}

/** Says whether a locked customer is behind with what it owes; tells `customer.updated` where that is new. */
export async function changeDelinquent(context: Context, id: string, delinquent: boolean): Promise<void> {
  const changed = await setDelinquent(context, id, delinquent);
  if (changed === undefined) return;
  const before = { ...changed, delinquent: !delinquent };
  await recordEvent(context, 'customer.updated', viewCustomer(context, changed), viewCustomer(context, before));
}

/** An invoice number, and the `customer.updated` that the caller has to record. */
export type TakenNumber = { readonly number: string; readonly told: Told };

/**
 * Takes the next invoice number of each of some locked customers, such as `ABCD1234-0001`; by customer. Numbers have no
 * gaps because they are taken in the transaction that finalizes the invoice.
 */
export async function takeInvoiceNumbers(
  context: Context,
  customerIds: readonly string[],
): Promise<Map<string, TakenNumber>> {
  const customers = await advanceInvoiceSequences(context, customerIds);
  return new Map(
    customers.map((changed) => {
      const taken = changed.nextInvoiceSequence - 1n;
      const before = { ...changed, nextInvoiceSequence: taken };
      const object = viewCustomer(context, changed);
      const told = { type: 'customer.updated', object, before: viewCustomer(context, before) };
      return [changed.id, { number: `${changed.invoicePrefix}-${String(taken).padStart(4, '0')}`, told }];
    }),
  );
}

/** A customer with the given fields changed; nothing is written. */
export function applyChange(customer: Customer, params: CustomerChange): Customer {
  const settings = params.invoice_settings;
  return {
    ...customer,
    name: given(params.name, customer.name),
    email: checkEmail(given(params.email, customer.email)),
    description: given(params.description, customer.description),
    phone: given(params.phone, customer.phone),
    businessName: given(params.business_name, customer.businessName),
    individualName: given(params.individual_name, customer.individualName),
    address: params.address === undefined ? customer.address : params.address && wholeAddress(params.address),
    shipping: applyShipping(customer, params),
    taxExempt: given(params.tax_exempt, customer.taxExempt) ?? 'none',
    preferredLocales: given(params.preferred_locales, customer.preferredLocales) ?? [],
    invoicePrefix: params.invoice_prefix ?? customer.invoicePrefix,
    nextInvoiceSequence: nextSequence(customer, params.next_invoice_sequence),
    invoiceFooter: given(settings?.footer, customer.invoiceFooter),
    invoiceCustomFields: given(settings?.custom_fields, customer.invoiceCustomFields),
    defaultPaymentMethodId: given(settings?.default_payment_method, customer.defaultPaymentMethodId),
    metadata: changeMetadata(customer.metadata, params.metadata),
  };
}

/** The value of the request, where it gave one; null clears. */
function given<T>(value: T | null | undefined, current: T | null): T | null {
  return value === undefined ? current : value;
}

function applyShipping(customer: Customer, { shipping }: CustomerChange): Customer['shipping'] {
  if (shipping === undefined) return customer.shipping;
  if (shipping === null) return null;
  return { address: wholeAddress(shipping.address), name: shipping.name, phone: shipping.phone ?? null };
}

/** An address is given as a whole: parts that are not named are null. */
function wholeAddress(part: { [K in keyof Address]?: string | null }): Address {
  return {
    city: part.city ?? null,
    country: part.country ?? null,
    line1: part.line1 ?? null,
    line2: part.line2 ?? null,
    postal_code: part.postal_code ?? null,
    state: part.state ?? null,
  };
}

function checkEmail(email: string | null): string | null {
  if (email === null || /^[^\s@]+@[^\s@]+$/.test(email)) return email;
  throw invalidRequest(`Invalid email address: ${email.slice(0, 100)}`, 'email', 'email_invalid');
}

/** The sequence only goes up, so that no number is given twice. */
function nextSequence(customer: Customer, wanted: bigint | undefined): bigint {
  if (wanted === undefined) return customer.nextInvoiceSequence;
  if (wanted >= customer.nextInvoiceSequence) return wanted;
  throw invalidRequest(
    `next_invoice_sequence must be at least ${customer.nextInvoiceSequence}, the customer's next number`,
    'next_invoice_sequence',
  );
}
