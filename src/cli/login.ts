import { createLoginLink } from '../accounts/session.ts';
import { readConfig } from '../config.ts';
import { LOGIN_LINK_HOURS } from '../limits.ts';
import { wallTime } from '../main.ts';
import { withDatabase } from './database.ts';
import { readServerInfo } from './runtime.ts';
import { loginUrlOf } from './start.ts';

/** `usance login`: prints a link alone on standard output, so that it can be opened by another command. */
export async function loginCommand(): Promise<void> {
  const config = readConfig(process.env);
  const running = await readServerInfo(config.dataDir);
  await withDatabase(async ({ kysely }) => {
    const token = await createLoginLink(kysely, wallTime());
    console.error(
      `Whoever opens this link within ${LOGIN_LINK_HOURS} hours chooses an email and a password. It works once:`,
    );
    console.log(loginUrlOf(config.publicUrl ?? running?.url ?? `http://${config.host}:${config.port}`, token));
    if (running === undefined) console.error('The server is not running: start it with `npm start` first.');
  });
}
