import { beforeAll } from 'vitest';
import { testServer } from './test-server.ts';

// A set-up file: the server's start counts against the limit of a hook, not against that of the first test.
beforeAll(async () => {
  await testServer();
});
