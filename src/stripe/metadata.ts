import { MAX_METADATA_KEYS } from '../limits.ts';
import { invalidRequest } from './errors.ts';
import type { MetadataChange } from './params.types.ts';

export type Metadata = Readonly<Record<string, string>>;

/**
 * Applies a change to metadata: given keys are set, null deletes a key, null as the whole deletes all, undefined
 * changes nothing. Throws when the result has more than 50 keys.
 */
export function changeMetadata(current: Metadata, change: MetadataChange | null | undefined): Metadata {
  if (change === undefined) return current;
  if (change === null) return {};
  const merged = new Map(Object.entries(current));
  for (const [key, value] of change) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  if (merged.size > MAX_METADATA_KEYS) {
    throw invalidRequest(
      `Metadata can have at most ${MAX_METADATA_KEYS} keys, this would make ${merged.size}`,
      'metadata',
    );
  }
  return Object.fromEntries(merged);
}
