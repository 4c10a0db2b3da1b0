import { ensureAccounts } from '../../src/accounts/first_start.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openDatabase } from '../../src/db/pool.ts';

/*
 * The part of a start in which many processes could disturb each other, as a program: migrates DATABASE_URL, makes the
 * first accounts, and prints what this process did of it as a line of JSON. It says `ready` and begins when its standard
 * input ends, so that many can begin together.
 */
console.log('ready');
for await (const _ of process.stdin);
const database = openDatabase(process.env['DATABASE_URL'] ?? '', { maxConnections: 2 });
const migrations = await migrate(database.pool);
const { createdKey } = await ensureAccounts(database, undefined, Temporal.Now.instant());
console.log(JSON.stringify({ migrations, createdKey }));
await database.close();
