import { atTimeOf } from '../clocks/time.ts';
import { recordEvent } from '../events/record.ts';
import { MAX_TAX_IDS } from '../limits.ts';
import type { Context } from '../stripe/context.ts';
import { invalidRequest, resourceMissing } from '../stripe/errors.ts';
import { newId } from '../stripe/ids.ts';
import { findCustomer } from './customer.sql.ts';
import type { TaxId } from './tax_id.ts';
import type { TaxIdData } from './tax_id.params.ts';
import { countryOf, isWellFormed } from './tax_id_format.ts';
import { countTaxIds, findTaxId, insertTaxId, removeTaxId } from './tax_id.sql.ts';
import { viewDeletedTaxId, viewTaxId } from './tax_id.view.ts';

/** The tax ids that a new customer is given, or a preview of one, by the parameter `at`. Throws tax_id_invalid for one that is not written as its type wants it. */
export function readTaxIds(data: readonly TaxIdData[] = [], at = 'tax_id_data'): readonly TaxIdData[] {
  for (const [index, taxId] of data.entries()) checkForm(taxId, `${at}[${index}][value]`);
  return data;
}

function checkForm({ type, value }: TaxIdData, param: string): void {
  if (!isWellFormed(type, value)) throw invalidRequest(`Invalid value for ${type}.`, param, 'tax_id_invalid');
}

/**
 * Adds a well-formed tax id to a customer, or, for null, to the account itself. Tells `customer.tax_id.created` for a
 * customer's. Whoever adds to what exists already goes through `createTaxId`.
 */
export async function addTaxId(
  context: Context,
  customerId: string | null,
  { type, value }: TaxIdData,
): Promise<TaxId> {
  const taxId: TaxId = {
    id: newId('taxId'),
    customerId,
    type,
    value,
    country: countryOf(type, value),
    createdAt: context.now,
  };
  await insertTaxId(context, taxId);
  if (customerId !== null) await recordEvent(context, 'customer.tax_id.created', viewTaxId(context, taxId));
  return taxId;
}

/**
 * Adds a tax id to a locked customer or to the account. Throws tax_id_invalid, and for more than 25 of one owner; two at
 * once may pass that number for the account, which has no row to lock for it.
 */
export async function createTaxId(context: Context, customerId: string | null, data: TaxIdData): Promise<TaxId> {
  checkForm(data, 'value');
  if ((await countTaxIds(context, customerId)) >= MAX_TAX_IDS) {
    throw invalidRequest(`You can have at most ${MAX_TAX_IDS} tax IDs. Delete one that is not used any more.`);
  }
  return await addTaxId(context, customerId, data);
}

/** A tax id; of that customer, where one is told. Throws resource_missing. */
export async function requireTaxId(context: Context, id: string, customerId?: string): Promise<TaxId> {
  const taxId = await findTaxId(context, id);
  if (taxId !== undefined && (customerId === undefined || taxId.customerId === customerId)) return taxId;
  throw missing(id);
}

/** Deletes a tax id; of that customer, where one is told. Tells `customer.tax_id.deleted` for a customer's. */
export async function deleteTaxId(context: Context, id: string, customerId?: string) {
  const taxId = await requireTaxId(context, id, customerId);
  const owner = taxId.customerId === null ? undefined : await findCustomer(context, taxId.customerId);
  const timed = await atTimeOf(context, owner?.testClockId ?? null);
  // Of two that delete it at once, one finds it gone.
  if (!(await removeTaxId(context, id))) throw missing(id);
  if (taxId.customerId !== null) await recordEvent(timed, 'customer.tax_id.deleted', viewTaxId(timed, taxId));
  return viewDeletedTaxId(id);
}

function missing(id: string) {
  return resourceMissing('tax ID', id);
}
