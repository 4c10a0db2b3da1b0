import { ownDatabase } from '../support/own-database.ts';
import { startServer } from '../support/server-process.ts';
import { LIFTED, openPlace, type Place } from './place.ts';

/** A place on a database of its own, beside the shared server of the tests. `name` is that of its log. */
export async function ownPlace(name: string): Promise<Place> {
  const own = await ownDatabase();
  const server = await startServer({ name: `${name}-${process.pid}`, databaseUrl: own.url, env: LIFTED });
  const place = await openPlace(own.url, () => server);
  return {
    ...place,
    async close() {
      await place.close();
      await server.stop();
      await own.drop();
    },
  };
}
