import type Stripe from 'stripe';
import { parseMoney } from '../ui/format.ts';
import { draftModel, periodOf, type PriceDraft, structureOf } from './draft.ts';
import { sayPrice } from './words.ts';

/** What the price will be called that is being typed; undefined while something is missing for that. */
export function draftWords(draft: PriceDraft, unitLabel: string | null): string | undefined {
  const model = draftModel(draft);
  if (model === undefined) return undefined;
  const [interval, count] = periodOf(draft);
  const price = {
    currency: draft.currency,
    billing_scheme: structureOf(draft) === 'per_tier' ? 'tiered' : 'per_unit',
    tiers_mode: draft.tiersMode,
    unit_amount_decimal: parseMoney(draft.amount, draft.currency),
    transform_quantity: model.kind === 'package' ? { divide_by: Number(model.size) } : null,
    recurring: draft.isRecurring
      ? { interval, interval_count: count, usage_type: draft.model === 'usage' ? 'metered' : 'licensed' }
      : null,
  };
  return sayPrice(price as unknown as Stripe.Price, unitLabel);
}
