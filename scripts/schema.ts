// Rewrites migrations/schema.sql and src/db/tables.generated.ts after a new migration. Needs Debian's postgresql-15.
import { writeFile } from 'node:fs/promises';
import { goldenSchema, SCHEMA_FILE, TABLES_FILE } from '../test/support/golden-schema.ts';
import { hasPostgres15 } from '../test/support/postgres15.ts';

if (hasPostgres15) {
  const { schema, tables } = await goldenSchema();
  await writeFile(SCHEMA_FILE, schema);
  await writeFile(TABLES_FILE, tables);
  console.log('Written: migrations/schema.sql, src/db/tables.generated.ts');
} else {
  console.error('The golden schema is made with PostgreSQL 15: apt-get install postgresql-15');
  process.exitCode = 1;
}
