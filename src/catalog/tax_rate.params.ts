import { MAX_TAX_RATES } from '../limits.ts';
import { PAGING, timeRange } from '../stripe/lists.ts';
import { object, type ParamsOf, required } from '../stripe/params.ts';
import {
  boolean,
  clearable,
  list,
  metadata,
  oneOf,
  patternString,
  percentage,
  string,
} from '../stripe/params.types.ts';

const taxType = oneOf(
  'admissions_tax',
  'amusement_tax',
  'attendance_tax',
  'communications_tax',
  'digital_excise_tax',
  'entertainment_tax',
  'get_fund',
  'gross_receipts_tax',
  'gst',
  'hospitality_tax',
  'hst',
  'igst',
  'jct',
  'lease_tax',
  'luxury_tax',
  'mass_transit_parking_tax',
  'nhil',
  'parking_tax',
  'pst',
  'qst',
  'resort_tax',
  'retail_delivery_fee',
  'rst',
  'sales_tax',
  'service_tax',
  'tourism_tax',
  'utility_users_tax',
  'vat',
);

const displayName = string({ max: 50 });

/** The tax rates of something, by their ids. */
export const taxRateIds = list(string(), { max: MAX_TAX_RATES });

const common = {
  active: boolean(),
  country: patternString(/^[A-Za-z]{2}$/, 'be a country code of two letters'),
  description: string(),
  jurisdiction: string({ max: 50 }),
  // ISO 3166-2 without the country: one to three letters or digits, of which the reference allows two.
  state: patternString(/^[A-Za-z0-9]{1,2}$/, 'be the code of a state without its country, of at most 2 characters'),
  tax_type: taxType,
};

export const createTaxRateParams = object({
  ...common,
  display_name: required(displayName),
  inclusive: required(boolean()),
  metadata: metadata(),
  percentage: required(percentage({ min: '0', decimals: 4 })),
});

export type CreateTaxRateParams = ParamsOf<typeof createTaxRateParams>;

export const updateTaxRateParams = object({ ...common, display_name: displayName, metadata: clearable(metadata()) });

export type TaxRateChange = ParamsOf<typeof updateTaxRateParams>;

export const listTaxRatesParams = object({ ...PAGING, active: boolean(), created: timeRange(), inclusive: boolean() });

export type ListTaxRatesParams = ParamsOf<typeof listTaxRatesParams>;
