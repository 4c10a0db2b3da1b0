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
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
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

function sameValue(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object') return false;
  const text = (value: Value) =>
    JSON.stringify(value, (_key, entry: unknown) => (typeof entry === 'bigint' ? `${entry}n` : entry));
  return text(a) === text(b);
}
