import type { Queryable } from '../../src/db/pool.ts';
import { verifyUsage } from '../../src/metering/verify.ts';

/** What `usance verify usage --account …` finds: `kind: expected; found`. */
export async function findDifferences(
  db: Queryable,
  accountId: string,
  period: { from?: Temporal.Instant; to?: Temporal.Instant } = {},
): Promise<string[]> {
  const found: string[] = [];
  await verifyUsage(
    db,
    { accountId, ...period, now: Temporal.Now.instant() },
    {
      difference: (difference) => found.push(`${difference.kind}: ${difference.expected}; ${difference.found}`),
      moreDifferences: () => found.push('more'),
      progress: () => {},
    },
  );
  return found;
}
