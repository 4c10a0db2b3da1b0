import { object, type ParamsOf, required } from '../stripe/params.ts';
import { oneOf, string } from '../stripe/params.types.ts';
import { MAX_EVENT_NAME_CHARACTERS, MAX_IDENTIFIER_CHARACTERS } from './meter_event.params.ts';

/**
 * Of both versions. `cancel` and its identifier are checked by the verb, which has the documented code for a correction
 * that does not say what it corrects.
 */
export const createAdjustmentParams = object({
  event_name: required(string({ max: MAX_EVENT_NAME_CHARACTERS })),
  type: required(oneOf('cancel')),
  cancel: object({ identifier: string({ max: MAX_IDENTIFIER_CHARACTERS }) }),
});

export type CreateAdjustmentParams = ParamsOf<typeof createAdjustmentParams>;
