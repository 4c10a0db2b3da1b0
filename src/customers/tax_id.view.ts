import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, type Expansion, NOTHING } from '../stripe/expand.ts';
import { listView } from '../stripe/lists.ts';
import { toUnix } from '../time/instant.ts';
import type { TaxId } from './tax_id.ts';
import { findNewestTaxIds, findTaxIds } from './tax_id.sql.ts';

/** The wire shape of a tax id. No authority is asked about it, which is what `unavailable` says. */
export function viewTaxId(context: Context, taxId: TaxId) {
  const { customerId } = taxId;
  return {
    id: taxId.id,
    object: 'tax_id',
    country: taxId.country,
    created: toUnix(taxId.createdAt),
    customer: customerId,
    customer_account: null,
    livemode: context.account.livemode,
    owner:
      customerId === null
        ? { customer_account: null, type: 'self' }
        : { customer: customerId, customer_account: null, type: 'customer' },
    type: taxId.type,
    value: taxId.value,
    verification: { status: 'unavailable', verified_address: null, verified_name: null },
  };
}

export function viewDeletedTaxId(id: string) {
  return { id, object: 'tax_id', deleted: true };
}

/** `customer.tax_ids`, for expand: of each customer a list of its newest ones. */
export const customerTaxIds: Expansion = {
  list: 'tax_id',
  async include(context, customers) {
    const ids = customers.map((customer) => customer['id'] as string);
    const found = await findNewestTaxIds(context, [...new Set(ids)], DEFAULT_LIST_LIMIT + 1);
    const byCustomer = Map.groupBy(found, (taxId) => taxId.customerId);
    return ids.map((id) => {
      const taxIds = byCustomer.get(id) ?? [];
      const views = taxIds.slice(0, DEFAULT_LIST_LIMIT).map((taxId) => viewTaxId(context, taxId));
      return listView(`/v1/customers/${id}/tax_ids`, views, taxIds.length > views.length);
    });
  },
};

export const taxIdExpandable: Expandable = {
  fields: {
    customer: { id: 'customer' },
    owner: { hash: { account: NOTHING, application: NOTHING, customer: { id: 'customer' } } },
  },
  async load(context, ids) {
    const taxIds = await findTaxIds(context, ids);
    return new Map(taxIds.map((taxId) => [taxId.id, viewTaxId(context, taxId)]));
  },
};
