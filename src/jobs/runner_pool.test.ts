import pg from 'pg';
import { expect, test } from 'vitest';
import { runnerPool } from './runner_pool.ts';

/** A pool's own connecting, without a database: it throws when a client is released twice, as the real one does. */
class StrictPool extends pg.Pool {
  released = 0;
  override connect(callback?: unknown): never {
    const release = () => {
      if (++this.released > 1) throw new Error('Release called on client which has already been released to the pool.');
    };
    (callback as (error: undefined, client: object, release: () => void) => void)(undefined, {}, release);
    return undefined as never;
  }
}

test('a connection that is given back twice is given back once', () => {
  const pool = new StrictPool();
  runnerPool(pool).connect((_error, _client, release) => {
    release();
    release();
  });
  expect(pool.released).toBe(1);
});
