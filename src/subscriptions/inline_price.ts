import type { Price } from '../catalog/price.ts';
import { createPrice } from '../catalog/write_price.ts';
import type { Context } from '../stripe/context.ts';
import { StripeError } from '../stripe/errors.ts';
import type { RecurringPriceData } from './item.params.ts';

/** The price that an item brings along: stored as an inactive one, so that nobody else subscribes to it. */
export async function createInlinePrice(context: Context, data: RecurringPriceData, at: string): Promise<Price> {
  try {
    return await createPrice(context, { ...data, active: false });
  } catch (error) {
    if (!(error instanceof StripeError) || error.fields.param === undefined) throw error;
    const param = error.fields.param.replace(/^[^[]+/, (head) => `${at}[${head}]`);
    throw new StripeError({ ...error.fields, param });
  }
}
