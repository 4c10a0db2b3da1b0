import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };

const COMMAND_LIMIT_MS = 20_000;
const HOME = fileURLToPath(new URL('../../.usance/test-home', import.meta.url));

/**
 * Runs a line of shell as a user would paste it, with the official CLI, unmodified, as `stripe`. To reach a server the
 * CLI needs `--api-base URL --api-key KEY`.
 */
export function shell(script: string): Promise<Outcome> {
  return run('bash', ['-c', script]);
}

/** The CLI's program in its platform package, which is there without install scripts. */
function cliBinary(): string {
  const fromHere = createRequire(import.meta.url);
  const wrapper = fromHere.resolve('@stripe/cli/package.json');
  const platforms = fromHere('@stripe/cli/platforms.json') as Record<string, { pkg: string; bin: string } | undefined>;
  const platform = platforms[`${process.platform}-${process.arch}`];
  if (!platform) throw new Error(`The official CLI does not exist for ${process.platform}-${process.arch}`);
  const binary = join(dirname(createRequire(wrapper).resolve(`${platform.pkg}/package.json`)), 'bin', platform.bin);
  if (!existsSync(binary)) throw new Error(`The official CLI is not installed: no ${binary}`);
  return binary;
}

/** A home of its own, so that nobody's login is used or changed; and no way out but to 127.0.0.1. */
function run(command: string, args: readonly string[]): Promise<Outcome> {
  mkdirSync(HOME, { recursive: true });
  const env = {
    PATH: `${dirname(cliBinary())}:${process.env['PATH']}`,
    HOME,
    XDG_CONFIG_HOME: HOME,
    STRIPE_CLI_TELEMETRY_OPTOUT: '1',
    HTTPS_PROXY: 'http://127.0.0.1:9',
    NO_PROXY: '127.0.0.1',
  };
  return new Promise((resolve) => {
    execFile(command, args, { env, timeout: COMMAND_LIMIT_MS }, (error, stdout, stderr) => {
      // A signal (the time limit) has no exit code; 124 is what `timeout` answers then.
      const code = error ? (typeof error.code === 'number' ? error.code : 124) : 0;
      resolve({ code, stdout, stderr });
    });
  });
}
