import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { CreateOptions } from './keys.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

// A command is loaded when it is called: most of the time of a short one would be the loading of the others.
const keyCommands = () => import('./keys.ts');

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
  .action(async () => (await import('./demo.ts')).demo());

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

try {
  await program.parseAsync();
} catch (error) {
  // What an operator can mend has a sentence; the stack is for those who ask for it.
  console.error(
    `usance: ${/^(debug|trace)$/.test(process.env['LOG_LEVEL'] ?? '') ? (error as Error).stack : (error as Error).message}`,
  );
  process.exitCode = 1;
}
