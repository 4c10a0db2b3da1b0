/** A coupon that was put on an invoice or a subscription, by itself or by a promotion code. */
export type Discount = {
  readonly id: string;
  /** The coupon's key: its id can be given again. */
  readonly couponKey: bigint;
  readonly couponId: string;
  readonly promotionCodeId: string | null;
  readonly customerId: string;
  /** What it was put on: one of the four, the others are null. Invoices that inherit it are not told here. */
  readonly invoiceId: string | null;
  readonly subscriptionId: string | null;
  readonly subscriptionItemId: string | null;
  readonly invoiceItemId: string | null;
  readonly startAt: Temporal.Instant;
  readonly endAt: Temporal.Instant | null;
  /** Set once it was taken off, used up or expired, or the draft was deleted. */
  readonly deletedAt: Temporal.Instant | null;
};

/** A discount as its invoice has it: the coupon's terms, which never change, and what it takes off in all. */
export type InvoiceDiscount = {
  readonly id: string;
  /** The subscription item or invoice item whose lines alone it is on; null for the whole invoice. */
  readonly itemId: string | null;
  /** Of 100, in plain notation; or else minor units of the invoice's currency. */
  readonly percentOff: string | null;
  readonly amountOff: bigint | null;
  /** The products that it is limited to; null for all. */
  readonly productIds: readonly string[] | null;
  readonly amount: bigint;
};

/** True where a discount is on a line: as one of the whole invoice, or of the item of the line. */
export function isOn(
  { itemId }: Pick<InvoiceDiscount, 'itemId'>,
  line: { subscriptionItemId: string | null; invoiceItemId: string | null },
): boolean {
  return itemId === null || itemId === line.subscriptionItemId || itemId === line.invoiceItemId;
}

/** What one discount takes off one line. */
export type LineDiscount = { readonly id: string; readonly amount: bigint };

/** As jsonb holds them: amounts are text, so that none passes through a float. */
type Kept<T> = { readonly [K in keyof T]: bigint extends T[K] ? string | Exclude<T[K], bigint> : T[K] };

export function toInvoiceDiscounts(kept: unknown): InvoiceDiscount[] {
  return (kept as readonly Kept<InvoiceDiscount>[]).map((discount) => ({
    ...discount,
    // What was stored before items had discounts of their own has no such field.
    itemId: discount.itemId ?? null,
    amountOff: discount.amountOff === null ? null : BigInt(discount.amountOff),
    amount: BigInt(discount.amount),
  }));
}

export function toLineDiscounts(kept: unknown): LineDiscount[] {
  return (kept as readonly Kept<LineDiscount>[]).map(({ id, amount }) => ({ id, amount: BigInt(amount) }));
}

/** The text that jsonb holds. */
export function keptDiscounts(discounts: readonly (InvoiceDiscount | LineDiscount)[]): string {
  const kept = discounts.map((discount) =>
    Object.fromEntries(
      Object.entries(discount).map(([key, value]) => [key, typeof value === 'bigint' ? String(value) : value]),
    ),
  );
  return JSON.stringify(kept);
}
