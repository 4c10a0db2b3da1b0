import type { JsonObject } from '../stripe/json.ts';

type Value = unknown;

function isHash(value: Value): value is Record<string, Value> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}

/**
 * The fields of `before` that differ in `after`, as `data.previous_attributes` tells them: hashes are compared field
 * by field (a field that is new reads null), lists as a whole. Undefined when nothing differs.
 */
export function previousAttributes(before: JsonObject, after: JsonObject): JsonObject | undefined {
  const difference = differingFields(before, after);
  return Object.keys(difference).length === 0 ? undefined : (difference as JsonObject);
}

function differingFields(before: Record<string, Value>, after: Record<string, Value>): Record<string, Value> {
  const result: Record<string, Value> = {};
  const added = Object.keys(after).filter((key) => !Object.hasOwn(before, key));
  for (const key of [...Object.keys(before), ...added]) {
    const [old, current] = [before[key], after[key]];
    if (isHash(old) && isHash(current)) {
      const inner = differingFields(old, current);
      if (Object.keys(inner).length > 0) result[key] = inner;
    } else if (!sameValue(old, current)) {
      result[key] = old ?? null;
    }
  }
  return result;
}

/** Whether two values have the same JSON; exact numbers are compared by their digits. */
function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const [one, other] = [a as Record<string, Value>, b as Record<string, Value>];
  const keys = writtenKeys(one);
  if (Array.isArray(a) !== Array.isArray(b) || keys.length !== writtenKeys(other).length) return false;
  return keys.every((key) => other[key] !== undefined && sameValue(one[key], other[key]));
}

/** JSON leaves out what is undefined. */
function writtenKeys(value: Record<string, Value>): string[] {
  return Object.keys(value).filter((key) => value[key] !== undefined);
}
