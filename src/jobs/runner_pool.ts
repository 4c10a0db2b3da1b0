import type pg from 'pg';

type Connected = (
  error: Error | undefined,
  client: pg.PoolClient | undefined,
  release: (destroy?: unknown) => void,
) => void;

/**
 * The pool as the job runner gets it. When the database dies while the runner stops, the runner gives its listening
 * connection back twice, and the pool's error about that would be a rejection that nobody handles: it would end the
 * process. Here the second time does nothing.
 */
export function runnerPool(pool: pg.Pool): pg.Pool {
  const connect = (callback?: Connected) => {
    if (callback === undefined) return pool.connect();
    return pool.connect((error, client, release) => {
      let isReleased = false;
      callback(error, client, (destroy) => {
        if (isReleased) return;
        isReleased = true;
        release(destroy);
      });
    });
  };
  return new Proxy(pool, {
    get(target, name) {
      if (name === 'connect') return connect;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
