import type { Metadata } from '../stripe/metadata.ts';

export type MarketingFeature = { readonly name: string };

/** In inches and ounces, with at most 2 decimals. */
export type PackageDimensions = {
  readonly height: number;
  readonly length: number;
  readonly weight: number;
  readonly width: number;
};

/** What is sold; its prices say for how much. */
export type Product = {
  readonly id: string;
  readonly name: string;
  readonly active: boolean;
  readonly description: string | null;
  /** What one unit is called on invoices, such as "seat". */
  readonly unitLabel: string | null;
  readonly statementDescriptor: string | null;
  readonly url: string | null;
  readonly shippable: boolean | null;
  readonly images: readonly string[];
  readonly marketingFeatures: readonly MarketingFeature[];
  readonly packageDimensions: PackageDimensions | null;
  /** An active price of this product. */
  readonly defaultPriceId: string | null;
  readonly metadata: Metadata;
  readonly createdAt: Temporal.Instant;
  readonly updatedAt: Temporal.Instant;
};
