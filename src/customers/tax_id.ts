/** A number under which a tax authority knows somebody. It never changes; it is deleted and made anew. */
export type TaxId = {
  readonly id: string;
  /** Null for a tax id of the account itself. */
  readonly customerId: string | null;
  readonly type: string;
  readonly value: string;
  /** ISO 3166-1; null for the one type that belongs to no country. */
  readonly country: string | null;
  readonly createdAt: Temporal.Instant;
};
