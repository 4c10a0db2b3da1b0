import Fastify from 'fastify';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import type { Database } from '../db/pool.ts';
import { addDocuments } from './document.ts';

/** Answers a document that can't be made for that reason. */
async function failing(error: Error) {
  const logged: string[] = [];
  const open = async () => {
    throw error;
  };
  const app = Fastify({ genReqId: () => 'req_1' });
  addDocuments(app, {
    documents: [{ path: '/i/:token', open }],
    pipeline: { database: {} as Database, now: () => Temporal.Instant.fromEpochMilliseconds(0) },
    log: pino({}, { write: (line) => logged.push(line) }),
  });
  const response = await app.inject({ url: '/i/secret' });
  await app.close();
  return { response, logged };
}

test('a failure is told in plain words with the id of the request, and logged without the secret', async () => {
  const { response, logged } = await failing(new Error('the table is gone'));
  expect(response.statusCode).toBe(500);
  expect(response.body).toBe("This can't be shown right now. Please try again later. (req_1)\n");
  expect(response.headers['content-type']).toBe('text/plain; charset=utf-8');
  expect(response.headers['cache-control']).toBe('no-store');
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain('the table is gone');
  expect(logged[0]).not.toContain('secret');
});

test('a database that is away is a failure that passes', async () => {
  const { response } = await failing(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }));
  expect(response.statusCode).toBe(503);
});
