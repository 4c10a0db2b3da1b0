/** Enough to keep a small server busy, few enough that no request waits for long. */
const AT_ONCE = 6;

/** Does something for each, a few at once, in order of their beginning. Ends with the first error, or when it is told to stop. */
export async function forEach<T>(
  items: readonly T[],
  signal: AbortSignal,
  run: (item: T) => Promise<unknown>,
): Promise<void> {
  const waiting = items.values();
  const work = async () => {
    for (const item of waiting) {
      signal.throwIfAborted();
      await run(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, work));
}

export function unix(instant: Temporal.Instant): number {
  return Math.floor(instant.epochMilliseconds / 1000);
}
