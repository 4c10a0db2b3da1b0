import type { Context } from '../stripe/context.ts';
import { newId } from '../stripe/ids.ts';
import { type JsonObject, toJson } from '../stripe/json.ts';
import { API_VERSION } from '../stripe/version.ts';
import { previousAttributes } from './event.ts';
import { insertEvents, type NewEvent } from './event.sql.ts';

/** A view with an id: what `data.object` may hold. */
type EventObject = JsonObject & { readonly id: string };

/**
 * Writes an event in the transaction of the change that it tells, with the object as it is now.
 * `before` is the view before an update; an update that changed nothing records nothing.
 */
export async function recordEvent(
  context: Context,
  type: string,
  object: EventObject,
  before?: JsonObject,
): Promise<void> {
  await recordEvents(context, [{ type, object, before }]);
}

/** What an event tells; `before` as in `recordEvent`. */
export type Told = {
  readonly type: string;
  readonly object: EventObject;
  readonly before?: JsonObject | undefined;
  /** The object is none that could be asked for. */
  readonly hidesId?: true;
};

/** Writes any number of events, in their order, by one statement. */
export async function recordEvents(context: Context, told: readonly Told[]): Promise<void> {
  await insertEvents(
    context,
    told.flatMap((entry) => newEvent(context, entry) ?? []),
  );
}

function newEvent(context: Context, { type, object: whole, before, hidesId }: Told): NewEvent | undefined {
  const { id, ...rest } = whole;
  const object = hidesId === true ? rest : whole;
  const previous = before === undefined ? undefined : previousAttributes(before, object);
  if (before !== undefined && previous === undefined) return undefined;
  return {
    id: newId('event'),
    type,
    objectId: id,
    data: toJson(previous === undefined ? { object } : { object, previous_attributes: previous }),
    apiVersion: API_VERSION,
    requestId: context.request.id,
    idempotencyKey: context.request.idempotencyKey,
    createdAt: context.now,
  };
}
