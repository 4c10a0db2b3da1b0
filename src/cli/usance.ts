import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { DemoOptions } from './demo.ts';
import type { ImportCommandOptions } from './events.ts';
import type { ExplainCommandOptions } from './explain_invoice.ts';
import type { ExportCommandOptions } from './export.ts';
import type { CreateOptions } from './keys.ts';
import type { LateCommandOptions } from './late.ts';
import type { VerifyUsageOptions } from './verify.ts';
import type { VerifyInvoicesOptions } from './verify_invoices.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// A command is loaded when it is called: most of the time of a short one would be the loading of the others.
const keyCommands = () => import('./keys.ts');
const eventCommands = () => import('./events.ts');

const program = new Command('usance')
  .description('Self-hosted usage-based billing that speaks the Stripe API')
  .version(version)
  .showHelpAfterError();

program
  .command('start')
  .description(
    'start the server (environment: PORT, HOST, DATABASE_URL, USANCE_DATA_DIR, USANCE_SECRET_KEY, LOG_LEVEL)',
  )
  .action(async () => (await import('./start.ts')).start());

program
  .command('demo')
  .description('play the usage-based billing guide against the server, step by step')
  .option('--rich', 'instead fill the account with a year of a company that sells usage', false)
  .option('--customers <n>', 'with --rich: how many customers', '200')
  .option('--months <n>', 'with --rich: how long a past', '12')
  .option('--seed <n>', 'with --rich: another company for another number', '1')
  .action(async (options: DemoOptions) => (await import('./demo.ts')).demo(options));

program
  .command('login')
  .description('print a link to the dashboard, by which one chooses an email and a password, or a new password')
  .action(async () => (await import('./login.ts')).loginCommand());

const keys = program.command('keys').description('create, list and revoke API keys');

keys
  .command('create')
  .description('create a secret key and print it; it is shown only now')
  .option('--live', 'for the live account instead of the test account', false)
  .option('--account <id>', 'for this account')
  .option('--name <name>', 'a name to recognise it by')
  .action(async (options: CreateOptions) => (await keyCommands()).createKeyCommand(options));

keys
  .command('list')
  .description('list all keys, with their secrets hidden')
  .action(async () => (await keyCommands()).listKeysCommand());

keys
  .command('revoke')
  .description('revoke a key: it stops working within a second')
  .argument('<id>', 'the id that `usance keys list` shows')
  .action(async (id: string) => (await keyCommands()).revokeKeyCommand(id));

const events = program.command('events').description('load meter events from files, and write them to files');

events
  .command('import')
  .description('load a file of meter events; repeating it counts nothing twice')
  .argument('<file>', 'CSV, JSON or JSONL, also gzipped; - for standard input')
  .option('--format <format>', 'csv, json or jsonl, where the name does not tell it')
  .option('--live', 'into the live account instead of the test account', false)
  .option('--account <id>', 'into this account')
  .option('--rejected <path>', 'where rejected rows go (default: FILE.rejected.csv)')
  .option('--dry-run', 'read the form of the rows, but count nothing', false)
  .option('--restart', 'read it from the beginning, also where an earlier run was stopped', false)
  .action(async (file: string, options: ImportCommandOptions) =>
    (await eventCommands()).importEventsCommand(file, options),
  );

events
  .command('export')
  .description('write old meter events to files, and with --drop take them out of the database')
  .requiredOption('--before <date>', 'events from before this month or date, as 2026-09 or 2026-09-15 (UTC)')
  .requiredOption('--format <format>', 'parquet, or csv or jsonl, which can be imported again')
  .option('--out <path>', 'a folder, for a file a month and account; or one file, with --account', 'meter_events')
  .option('--account <id>', 'of this account only')
  .option('--drop', 'drop the months that were exported whole; what they counted stays', false)
  .option('--gzip', 'compress csv and jsonl', false)
  .action(async (options: ExportCommandOptions) => (await import('./export.ts')).exportEventsCommand(options));

program
  .command('explain')
  .description('tell how an invoice came about: prices, arithmetic, usage by day, and where its events are')
  .argument('<invoice>', 'its id, in_…')
  .option('--live', 'an invoice of the live account instead of the test account', false)
  .option('--account <id>', 'an invoice of this account')
  .option('--json', 'as JSON, as the API tells it', false)
  .action(async (invoice: string, options: ExplainCommandOptions) =>
    (await import('./explain_invoice.ts')).explainCommand(invoice, options),
  );

program
  .command('late')
  .description('print usage that came after the invoice of its period was final, and what became of it')
  .option('--live', 'of the live account instead of the test account', false)
  .option('--account <id>', 'of this account')
  .option('--customer <id>', 'of this customer')
  .option('--subscription <id>', 'of this subscription')
  .option('--meter <id>', 'of this meter')
  .option(
    '--status <status>',
    'only with this status: billed, by_hand, correction, dropped, no_charge, on_draft, pending or unknown',
  )
  .option('--json', 'an object a line, as GET /v1/usance/late_usage tells it', false)
  .action(async (options: LateCommandOptions) => (await import('./late.ts')).lateCommand(options));

const verify = program.command('verify').description('check what is stored');

verify
  .command('invoices')
  .description(
    'recompute all invoices from raw events and prices, check totals and numbers, and print differences (exit code 1)',
  )
  .option('--account <id>', 'of this account only')
  .action(async (options: VerifyInvoicesOptions) =>
    (await import('./verify_invoices.ts')).verifyInvoicesCommand(options),
  );

verify
  .command('usage')
  .description(
    'recompute all usage from the raw events and print differences (exit code 1); safe while the server runs',
  )
  .option('--account <id>', 'of this account only')
  .option('--from <time>', 'from this day or time on, as 2026-09-15 or 2026-09-15T10:00:00Z')
  .option('--to <time>', 'before this day or time')
  .action(async (options: VerifyUsageOptions) => (await import('./verify.ts')).verifyUsageCommand(options));

try {
  await program.parseAsync();
} catch (error) {
  // What an operator can mend has a sentence; the stack is for those who ask for it.
  console.error(
    `usance: ${/^(debug|trace)$/.test(process.env['LOG_LEVEL'] ?? '') ? (error as Error).stack : (error as Error).message}`,
  );
  process.exitCode = 1;
}
