/**
 * `node test/crash/postgres.ts FOLDER` runs PostgreSQL for servers that get it as DATABASE_URL, prints how to reach it,
 * and starts it again when it is killed, as an init system would. Ends on SIGTERM.
 */
import { startEmbedded } from '../../src/db/embedded/start.ts';

const [, , dataDir = ''] = process.argv;
const postgres = await startEmbedded({ dataDir });
console.log(postgres.connectionString);
const alive = setInterval(() => {}, 1000);
const end = async () => {
  await postgres.stop();
  clearInterval(alive);
};
process.once('SIGTERM', () => void end());
void postgres.failed.then((reason) => {
  console.error(reason);
  process.exit(1);
});
