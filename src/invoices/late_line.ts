import { recurrenceOf } from '../catalog/price.ts';
import type { Decimal } from '../money/decimal.ts';
import { describeLateLine } from '../rating/describe.ts';
import { isCharged, rateLate } from '../rating/late.ts';
import { type Charge, chargedLine, type InvoiceDraft, type Terms } from './draft.ts';
import { priceModel } from './price_model.ts';

/** What a period that was billed owes beyond: `quantity` is its usage now. */
export type LateCharge = Omit<Charge, 'announcesOnly'> & { readonly billedBefore: Decimal };

/** The line of late usage, of the past period, or none where nothing more is owed. Pure. */
export function lateLines(
  terms: Pick<Terms, 'currency' | 'subscriptionId' | 'subscriptionMetadata'>,
  charge: LateCharge,
): InvoiceDraft['lines'] {
  const { price, product, period, billedBefore } = charge;
  const model = priceModel(price, terms.currency);
  const late = rateLate(model, charge.quantity, billedBefore);
  if (!isCharged(late)) return [];
  const description = describeLateLine(
    {
      line: { kind: 'usage', tier: null, ...late },
      model,
      productName: product.name,
      unitLabel: product.unitLabel,
      currency: terms.currency,
      recurrence: recurrenceOf(price),
    },
    period,
  );
  return [chargedLine(terms, charge, { ...late, description, billedBefore })];
}
