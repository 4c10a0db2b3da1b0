import { MAX_PAYLOAD_KEYS, MAX_PAYLOAD_VALUE_CHARACTERS } from '../limits.ts';
import { object, type ParamType } from '../stripe/params.ts';
import { mapOf, string } from '../stripe/params.types.ts';
import { createPriceParams } from './price.params.ts';

const values = mapOf(string({ max: MAX_PAYLOAD_VALUE_CHARACTERS }), () => undefined);

/** Values of dimensions by key; whether the keys are dimensions is for the meter to say. */
const dimensionFilter: ParamType<ReadonlyMap<string, string>> = {
  shape: values.shape,
  decode(node, path, problems) {
    if (typeof node !== 'string' && node.size > MAX_PAYLOAD_KEYS) {
      problems.range(path, `A filter can have at most ${MAX_PAYLOAD_KEYS} keys`);
      return undefined;
    }
    return values.decode(node, path, problems);
  },
};

/** All that a price of the original takes, and the dimension values that it rates. */
export const createUsancePriceParams = object({ ...createPriceParams.fields, dimension_filter: dimensionFilter });
