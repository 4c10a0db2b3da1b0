import { MAX_TAX_IDS } from '../limits.ts';
import { PAGING } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import { list, oneOf, string, unserved } from '../stripe/params.types.ts';
import { TAX_ID_TYPES } from './tax_id_format.ts';

const common = { type: required(oneOf(...TAX_ID_TYPES)), value: required(string()) };

/** The tax ids that a customer is created with. */
export const taxIdData = list(object(common), { max: MAX_TAX_IDS });

export type TaxIdData = ParamsOf<typeof taxIdData>[number];

export const createCustomerTaxIdParams = object(common);

/** Connected accounts and applications own none here: a key opens one account, which is `self`. */
const owner = object({
  account: unserved(),
  customer: string(),
  customer_account: unserved(),
  type: required(oneOf('customer', 'self')),
});

export const createTaxIdParams = object({ ...common, owner });

export type CreateTaxIdParams = ParamsOf<typeof createTaxIdParams>;

export const listCustomerTaxIdsParams = object({ ...PAGING });

export const listTaxIdsParams = object({ ...PAGING, owner });
