import { DEFAULT_LIST_LIMIT } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { type Expandable, NOTHING } from '../stripe/expand.ts';
import type { JsonObject } from '../stripe/json.ts';
import { listView } from '../stripe/lists.ts';
import { toUnix } from '../time/instant.ts';
import type { Refund } from './refund.ts';
import { findRefunds, findRefundsOf } from './refund.sql.ts';

/** The wire shape of a refund. */
export function viewRefund(_context: Context, refund: Refund) {
  return {
    id: refund.id,
    object: 'refund',
    amount: refund.amount,
    balance_transaction: null,
    charge: refund.chargeId,
    created: toUnix(refund.createdAt),
    currency: refund.currency,
    customer: refund.customerId,
    customer_account: null,
    ...(refund.failureReason === null ? {} : { failure_reason: refund.failureReason }),
    metadata: refund.metadata,
    payment_intent: refund.paymentIntentId,
    payment_method: refund.paymentMethodId,
    ...(refund.status === 'pending' ? { pending_reason: 'processing' } : {}),
    reason: refund.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: refund.status,
    transfer_reversal: null,
  };
}

/** The refunds of charges as embedded lists, in the order of the charges: the first ten of each. */
export async function refundsOfCharges(context: Context, charges: readonly JsonObject[]): Promise<JsonObject[]> {
  const ids = charges.map((charge) => charge['id'] as string);
  const byCharge = Map.groupBy(ids.length === 0 ? [] : await findRefundsOf(context, ids), ({ chargeId }) => chargeId);
  return ids.map((id) => {
    const refunds = byCharge.get(id) ?? [];
    const shown = refunds.slice(0, DEFAULT_LIST_LIMIT).map((refund) => viewRefund(context, refund));
    return listView(`/v1/charges/${id}/refunds`, shown, refunds.length > shown.length);
  });
}

export const refundExpandable: Expandable = {
  fields: {
    balance_transaction: NOTHING,
    charge: { id: 'charge' },
    customer: { id: 'customer' },
    failure_balance_transaction: NOTHING,
    payment_intent: { id: 'payment_intent' },
    payment_method: { id: 'payment_method' },
    source_transfer_reversal: NOTHING,
    transfer_reversal: NOTHING,
  },
  async load(context, ids) {
    const refunds = await findRefunds(context, ids);
    return new Map(refunds.map((refund) => [refund.id, viewRefund(context, refund)]));
  },
};
