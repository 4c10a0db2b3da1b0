import { object, type ParamsOf } from '../stripe/params.ts';
import { oneOf, patternString } from '../stripe/params.types.ts';

/** What is not named stays as it is. */
export const updateSettingsParams = object({
  number_prefix: patternString(/^[A-Z0-9]{1,12}$/, 'be 1 to 12 upper-case letters or digits'),
  numbering: oneOf('customer', 'account'),
  tax_rounding: oneOf('line', 'invoice'),
});

export type UpdateSettingsParams = ParamsOf<typeof updateSettingsParams>;
