import { wallTime } from '../main.ts';
import { type Difference, verifyUsage } from '../metering/verify.ts';
import { chooseAccount } from './account.ts';
import { withDatabase } from './database.ts';

/** What `usance verify usage` takes. */
export type VerifyUsageOptions = { account?: string; from?: string; to?: string };

const PROGRESS_MILLISECONDS = 5_000;

/**
 * `usance verify usage`: prints a line for each difference between what is stored as usage and the raw events. Exit code
 * 0: there are none; 1: there are some, or, by throwing, it failed.
 */
export async function verifyUsageCommand(options: VerifyUsageOptions): Promise<void> {
  const [from, to] = [readTime('--from', options.from), readTime('--to', options.to)];
  await withDatabase(async (database) => {
    const account = options.account === undefined ? undefined : await chooseAccount(database, options);
    let differences = 0;
    let toldAtMs = performance.now();
    const listener = {
      difference(difference: Difference) {
        differences++;
        console.log(describe(difference));
      },
      moreDifferences: () => console.log('… and perhaps more there: only the first 1,000 of a kind are told.'),
      progress(done: number, total: number) {
        if (performance.now() - toldAtMs < PROGRESS_MILLISECONDS) return;
        toldAtMs = performance.now();
        console.error(`Checked ${done} of ${total} parts, ${countOf(differences)} so far`);
      },
    };
    await verifyUsage(database.kysely, { accountId: account?.id, from, to, now: wallTime() }, listener);
    console.log(differences === 0 ? 'Usage is what the raw events say.' : `${countOf(differences)}.`);
    if (differences > 0) process.exitCode = 1;
  });
}

function describe({ kind, account_id, meter_id, customer_id, at, expected, found }: Difference): string {
  const place = [kind, account_id, meter_id, customer_id, at.toString()].map((part) => part ?? '?').join(' ');
  return `${place}: expected ${expected ?? 'nothing'}; found ${found ?? 'nothing'}`;
}

function countOf(differences: number): string {
  return `${differences.toLocaleString('en-US')} ${differences === 1 ? 'difference' : 'differences'}`;
}

/** A time as `2026-11-22T10:00:00Z`, or a day, which is its beginning in UTC. */
function readTime(option: string, text: string | undefined): Temporal.Instant | undefined {
  if (text === undefined) return undefined;
  try {
    return Temporal.Instant.from(/^\d{4}-\d\d-\d\d$/.test(text) ? `${text}T00:00Z` : text);
  } catch {
    throw new Error(
      `${option} must be a day such as 2026-11-22 or a time such as 2026-11-22T10:00:00Z, not '${text}'.`,
    );
  }
}
