import type { Decimal } from '../money/decimal.ts';
import type { Metadata } from '../stripe/metadata.ts';

/** A tax that lines can have. Its percentage, and whether prices include it, never change. */
export type TaxRate = {
  readonly id: string;
  readonly displayName: string;
  /** Of 100, with 4 decimals at most. */
  readonly percentage: Decimal;
  readonly inclusive: boolean;
  readonly active: boolean;
  readonly country: string | null;
  readonly state: string | null;
  readonly jurisdiction: string | null;
  readonly description: string | null;
  readonly taxType: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
};
