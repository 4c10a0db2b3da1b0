import { object, type ParamsOf, required } from '../stripe/params.ts';
import { string, unserved } from '../stripe/params.types.ts';

export const createPreviewParams = object({
  automatic_tax: unserved(),
  currency: unserved(),
  customer: string(),
  customer_account: unserved(),
  customer_details: unserved(),
  discounts: unserved(),
  invoice_items: unserved(),
  issuer: unserved(),
  on_behalf_of: unserved(),
  preview_mode: unserved(),
  schedule: unserved(),
  schedule_details: unserved(),
  subscription: required(string()),
  subscription_details: unserved(),
});

export type CreatePreviewParams = ParamsOf<typeof createPreviewParams>;
