/**
 * An invoice, or a credit note, as people read it: every amount, date and address is finished text, in the order in which it is shown.
 * The page and the PDF know nothing else, so what one tells the other tells as well.
 */
export type InvoiceDocument = {
  readonly title: 'Invoice' | 'Credit note';
  readonly number: string;
  readonly status: Status;
  /** True for data of a test account, which nobody has to pay. */
  readonly isTest: boolean;
  /** The size of a printed page in the country of the seller. */
  readonly paper: 'A4' | 'LETTER';
  readonly seller: Party;
  readonly buyer: Party;
  /** Where goods go; null where nothing is shipped. */
  readonly shipping: Party | null;
  /** Number, dates, and the fields that the customer wants to see on its invoices. */
  readonly facts: readonly Fact[];
  /** What it comes down to: `$60.00 USD`, and `Due December 9, 2026`. */
  readonly headline: { readonly amount: string; readonly text: string };
  readonly groups: readonly RowGroup[];
  /** From the subtotal down to what is due. */
  readonly sums: readonly Sum[];
  readonly notes: readonly string[];
  readonly footer: string | null;
};

export type Status = 'Draft' | 'Open' | 'Paid' | 'Void' | 'Uncollectible' | 'Issued';

export type Party = { readonly name: string; readonly lines: readonly string[] };

export type Fact = { readonly label: string; readonly value: string };

/** Lines that follow each other and are for the same time; `period` is empty where they are for none. */
export type RowGroup = { readonly period: string; readonly rows: readonly Row[] };

/** `quantity` is empty for a flat fee; `unitPrice` also for a package, whose price is no unit's. */
export type Row = {
  readonly description: string;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly amount: string;
};

/** `strong` for the sums that are looked for first. */
export type Sum = { readonly label: string; readonly amount: string; readonly strong: boolean };
