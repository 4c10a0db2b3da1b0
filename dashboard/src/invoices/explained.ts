/** How an invoice came about, as `GET /v1/usance/invoices/{id}/explain` answers. Amounts are smallest units; quantities are exact texts. */
export type Explained = {
  readonly invoice: string;
  readonly currency: string;
  readonly charges: readonly Charge[];
  readonly subtotal: number;
  readonly subtotal_steps: string;
  readonly discounts: readonly Change[];
  readonly taxes: readonly Change[];
  readonly total: number;
  readonly total_steps: readonly string[];
  readonly amount_due: number;
};

export type Charge = {
  readonly subscription_item: string | null;
  readonly invoice_item: string | null;
  readonly quantity: string;
  readonly amount: number;
  readonly lines: readonly ExplainedLine[];
  readonly usage: ExplainedUsage | null;
};

type ExplainedLine = {
  readonly line: string;
  readonly description: string | null;
  readonly amount: number;
  readonly steps: readonly string[];
};

export type ExplainedUsage = {
  readonly meter: string;
  readonly formula: string;
  readonly period: { readonly start: number; readonly end: number };
  readonly events_archived: boolean;
  readonly quantity: string;
  readonly quantity_billed_before: string;
  readonly quantity_not_billed: string;
  readonly by_day: readonly DayOfUsage[];
  readonly events: { readonly path: string; readonly parameters: Readonly<Record<string, string | number>> };
};

export type DayOfUsage = {
  readonly day: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly event_count: number;
  readonly quantity: string;
};

/** What discounts take off, or taxes add. */
export type Change = {
  readonly discount?: string;
  readonly tax_rate?: string;
  readonly percent_off?: string | null;
  readonly percentage?: string;
  readonly amount: number;
  readonly lines: readonly { readonly line: string; readonly steps: readonly string[] }[];
  readonly steps: readonly string[];
};

/** Usage summed up by day, over the values of dimensions; only to be drawn. */
export function sumByDay(days: readonly DayOfUsage[]): { day: number; quantity: string }[] {
  const byDay = Map.groupBy(days, ({ day }) => day);
  return [...byDay].map(([day, parts]) => ({
    day: Date.parse(`${day}T00:00:00Z`) / 1000,
    quantity: String(parts.reduce((sum, { quantity }) => sum + Number(quantity), 0)),
  }));
}
