import { claimAccountPrefix } from '../customers/account_prefix.sql.ts';
import type { Context } from '../stripe/context.ts';
import { randomCharacters } from '../stripe/ids.ts';
import { lastSequence } from './invoice.sql.ts';
import type { UpdateSettingsParams } from './settings.params.ts';
import type { TaxRounding } from './tax.ts';
import { findSettings, lockSettings, writeSettings } from './settings.sql.ts';

/** How an account makes its invoices. */
export type InvoiceSettings = {
  /** For each customer by its own prefix and sequence, or all of them in one row. */
  readonly numbering: 'customer' | 'account';
  readonly numberPrefix: string;
  readonly nextNumberSequence: bigint;
  /** Each line is rounded by itself, or each rate once for the whole invoice. */
  readonly taxRounding: TaxRounding;
};

const PREFIX_CHARACTERS = 8;

/**
 * Changes what is given; invoices that there are keep their rounding. A new prefix begins its own numbers at 1, one that the account had before goes on with its own.
 * No customer may ever have had it.
 */
export async function changeSettings(context: Context, params: UpdateSettingsParams): Promise<InvoiceSettings> {
  const current = (await lockSettings(context)) ?? {
    numbering: 'customer',
    numberPrefix: randomCharacters(PREFIX_CHARACTERS).toUpperCase(),
    nextNumberSequence: 1n,
    taxRounding: 'line',
  };
  const numberPrefix = params.number_prefix ?? current.numberPrefix;
  const isNew = numberPrefix !== current.numberPrefix;
  const changed: InvoiceSettings = {
    numbering: params.numbering ?? current.numbering,
    numberPrefix,
    nextNumberSequence: isNew ? (await lastSequence(context, numberPrefix)) + 1n : current.nextNumberSequence,
    taxRounding: params.tax_rounding ?? current.taxRounding,
  };
  await claimAccountPrefix(context, numberPrefix);
  await writeSettings(context, changed);
  return changed;
}

/** The settings of an account, which has numbers for each customer until it says otherwise. */
export async function readSettings(context: Context): Promise<InvoiceSettings | null> {
  return (await findSettings(context)) ?? null;
}

/** The wire shape of an account's settings: an object of ours, the original has them on its dashboard alone. */
export function viewSettings({ account }: Context, settings: InvoiceSettings | null) {
  return {
    object: 'usance.invoice_settings',
    livemode: account.livemode,
    next_number_sequence: settings?.nextNumberSequence ?? null,
    number_prefix: settings?.numberPrefix ?? null,
    numbering: settings?.numbering ?? 'customer',
    tax_rounding: settings?.taxRounding ?? 'line',
  };
}
