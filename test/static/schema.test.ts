import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { goldenSchema, normaliseDump, SCHEMA_FILE, TABLES_FILE, type GoldenSchema } from '../support/golden-schema.ts';
import { hasPostgres15 } from '../support/postgres15.ts';

describe.skipIf(!hasPostgres15)('the schema that the migrations make (skipped without PostgreSQL 15)', () => {
  let golden: GoldenSchema;
  beforeAll(async () => {
    golden = await goldenSchema();
  }, 60_000);

  test('is migrations/schema.sql; after a new migration run: npm run db:schema', async () => {
    expect(golden.schema).toBe(await readFile(SCHEMA_FILE, 'utf8'));
  });

  test('has the types of src/db/tables.generated.ts; after a new migration run: npm run db:schema', async () => {
    expect(golden.tables).toBe(await readFile(TABLES_FILE, 'utf8'));
  });
});

test('a normalised dump keeps definitions and drops what differs between minor versions', () => {
  const dump =
    '--\n-- Dumped by pg_dump 15.14\n--\n\\restrict aZ9\n\nSET lock_timeout = 0;\n\n\nCREATE TABLE public.a (\n    id text\n);\n\n\n\n';
  expect(normaliseDump(dump)).toBe('CREATE TABLE public.a (\n    id text\n);\n');
});
