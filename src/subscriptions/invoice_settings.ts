import type { CustomField } from '../customers/customer.ts';

/** What the invoices of a subscription show; what is null is as the customer has it, or nothing. */
export type InvoiceSettings = {
  readonly customFields: readonly CustomField[] | null;
  readonly description: string | null;
  readonly footer: string | null;
};

export const NO_INVOICE_SETTINGS: InvoiceSettings = { customFields: null, description: null, footer: null };

/** As JSON; most subscriptions have none, which is null. */
export function keptSettings(settings: InvoiceSettings): string | null {
  return Object.values(settings).every((setting) => setting === null) ? null : JSON.stringify(settings);
}

type Params = {
  readonly custom_fields?: readonly CustomField[] | null | undefined;
  readonly description?: string | null | undefined;
  readonly footer?: string | null | undefined;
};

/** The settings after a request; null clears one. */
export function changeInvoiceSettings(current: InvoiceSettings, params: Params | undefined): InvoiceSettings {
  const {
    custom_fields: customFields = current.customFields,
    description = current.description,
    footer = current.footer,
  } = params ?? {};
  return { customFields, description, footer };
}
