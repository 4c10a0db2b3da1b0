import { expect, test } from 'vitest';
import type { Server } from './server.ts';
import { supervise } from './supervise.ts';

/** A server that ends when it is stopped, or when the test calls `die`. */
function server(): Server & { die(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  const end = (how: string) => {
    made.exit = how;
    resolve();
  };
  const made: Server & { die(): void } = {
    exit: undefined,
    ended: promise,
    die: () => end('SIGKILL'),
    stop: () => {
      end('exit code 0');
      return promise;
    },
  };
  return made;
}

test('a server that becomes ready while the stop comes is stopped, too', async () => {
  const first = server();
  const second = server();
  const launching = Promise.withResolvers<void>();
  const ready = Promise.withResolvers<Server>();
  const supervisor = supervise(first, {
    launch: () => {
      launching.resolve();
      return ready.promise;
    },
    log: () => undefined,
    logPath: 'postgres.log',
  });
  first.die();
  await launching.promise;
  const stopped = supervisor.stop();
  ready.resolve(second);
  await stopped;
  expect(second.exit).toBe('exit code 0');
});
