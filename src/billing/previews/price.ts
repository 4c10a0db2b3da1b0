import type { Price } from '../../catalog/price.ts';
import { findProduct } from '../../catalog/product.sql.ts';
import { readTerms } from '../../catalog/terms.ts';
import { newPrice } from '../../catalog/write_product.ts';
import type { InvoiceDraft } from '../../invoices/draft.ts';
import type { Context } from '../../stripe/context.ts';
import { resourceMissing } from '../../stripe/errors.ts';
import { ID_PREFIXES, newId } from '../../stripe/ids.ts';
import type { RecurringPriceData } from '../../subscriptions/item.params.ts';

/** A licensed price that a preview brings along: it is not stored, and has an id that no price has. */
export async function inlinePrice(context: Context, data: RecurringPriceData, at: string): Promise<Price> {
  const { product: productId, ...terms } = data;
  const product = await findProduct(context, productId);
  if (product === undefined) throw resourceMissing('product', productId, `${at}[product]`);
  const read = readTerms(terms, at.split(/\]?\[|\]/).filter(Boolean));
  return { ...newPrice(context, product.id, read), id: newId('previewPrice') };
}

/** Lines at such prices tell the unit amount alone, as those of items with inline prices do. */
export function withoutInlinePrices(draft: InvoiceDraft): InvoiceDraft {
  const lines = draft.lines.map((line) =>
    line.priceId?.startsWith(ID_PREFIXES.previewPrice) === true ? { ...line, priceId: null, productId: null } : line,
  );
  return { ...draft, lines };
}
