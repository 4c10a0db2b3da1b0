import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import type { JsonObject } from '../stripe/json.ts';
import { toUnix } from '../time/instant.ts';
import type { Customer } from './customer.ts';
import { findCustomers } from './customer.sql.ts';
import { customerTaxIds } from './tax_id.view.ts';

/** The wire shape of a customer, or of what remains of a deleted one. */
export function viewCustomer(context: Context, customer: Customer) {
  if (customer.deletedAt !== null) return viewDeletedCustomer(customer.id);
  return {
    id: customer.id,
    object: 'customer',
    address: customer.address,
    balance: customer.balance,
    ...(customer.businessName === null ? {} : { business_name: customer.businessName }),
    created: toUnix(customer.createdAt),
    currency: customer.currency,
    customer_account: null,
    default_source: null,
    delinquent: customer.delinquent,
    description: customer.description,
    discount: null,
    email: customer.email,
    ...(customer.individualName === null ? {} : { individual_name: customer.individualName }),
    invoice_prefix: customer.invoicePrefix,
    invoice_settings: {
      custom_fields: customer.invoiceCustomFields,
      default_payment_method: customer.defaultPaymentMethodId,
      footer: customer.invoiceFooter,
      rendering_options: null,
    },
    livemode: context.account.livemode,
    metadata: customer.metadata,
    name: customer.name,
    next_invoice_sequence: customer.nextInvoiceSequence,
    phone: customer.phone,
    preferred_locales: customer.preferredLocales,
    shipping: customer.shipping,
    tax_exempt: customer.taxExempt,
    test_clock: customer.testClockId,
  };
}

export function viewDeletedCustomer(id: string) {
  return { id, object: 'customer', deleted: true };
}

/** The balance seen from the other side: what is to the customer's credit is positive here (reference). */
function viewCredit({ balance, currency }: JsonObject): JsonObject {
  return typeof balance === 'bigint' && typeof currency === 'string' && balance !== 0n ? { [currency]: -balance } : {};
}

export const customerExpandable: Expandable = {
  fields: {
    default_source: NOTHING,
    invoice_credit_balance: { include: async (_context, customers) => customers.map(viewCredit) },
    tax_ids: customerTaxIds,
    test_clock: { id: 'test_helpers.test_clock' },
    invoice_settings: { hash: { default_payment_method: { id: 'payment_method' } } },
  },
  async load(context, ids) {
    const customers = await findCustomers(context, ids);
    return new Map(customers.map((customer) => [customer.id, viewCustomer(context, customer)]));
  },
};
