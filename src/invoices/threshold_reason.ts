/** What a subscription had reached when an invoice was made of it before its period ended. */
export type ThresholdReason = {
  /** The amount, in minor units; null where it was not that. */
  readonly amount: bigint | null;
  /** The usage of items, with the lines that bill it. */
  readonly items: readonly { readonly lineIds: readonly string[]; readonly usage: bigint }[];
};

type Stored = {
  readonly amount: string | null;
  readonly items: readonly { readonly lineIds: readonly string[]; readonly usage: string }[];
};

export function toThresholdReason(stored: unknown): ThresholdReason | null {
  if (stored === null) return null;
  const { amount, items } = stored as Stored;
  return {
    amount: amount === null ? null : BigInt(amount),
    items: items.map(({ lineIds, usage }) => ({ lineIds, usage: BigInt(usage) })),
  };
}

/** Amounts are text, since JSON has no integers of their size. */
export function keptThresholdReason(reason: ThresholdReason | null): string | null {
  return reason && JSON.stringify(reason, (_key, value) => (typeof value === 'bigint' ? String(value) : value));
}

/** Present on threshold invoices alone. */
export function viewThresholdReason(reason: ThresholdReason | null) {
  if (reason === null) return {};
  const items = reason.items.map(({ lineIds, usage }) => ({ line_item_ids: lineIds, usage_gte: usage }));
  return { threshold_reason: { amount_gte: reason.amount, item_reasons: items } };
}
