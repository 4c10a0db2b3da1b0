import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { importProblems, parseLevels } from './imports.ts';
import * as rules from './rules.ts';
import { readSource, repositoryFiles, ROOT, type SourceFile } from './source.ts';

const paths = repositoryFiles();
const isGenerated = (path: string) => path.endsWith('.generated.ts');
const sources = paths.filter((path) => /^src\/.*\.tsx?$/.test(path) && !isGenerated(path)).map(readSource);
const product = sources.filter(({ path }) => !path.endsWith('.test.ts'));
const texts = paths.filter((path) => !/\.(png|ico|woff2|ttf|pdf)$/.test(path)).map(readSource);
const levels = parseLevels(readSource('ARCHITECTURE.md').text);

function check(rule: rules.Rule, files: readonly SourceFile[]): string[] {
  return files.flatMap(rule);
}

/** Each rule: what it looks at, and a file that it must refuse, so that a rule that sees nothing is found out. */
const RULES: readonly [string, rules.Rule, readonly SourceFile[], SourceFile][] = [
  ['no barrels', rules.noBarrel, sources, { path: 'src/money/index.ts', text: '' }],
  ['files of at most 400 lines', rules.shortFile, sources, { path: 'src/a.ts', text: 'x\n'.repeat(401) }],
  [
    'functions of at most 60 lines',
    rules.shortFunctions,
    product,
    { path: 'src/a.ts', text: `const f = () => {\n${'  g();\n'.repeat(59)}};\n` },
  ],
  ['SQL in *.sql.ts only', rules.sqlInItsPlace, product, { path: 'src/a/a.ts', text: "db.selectFrom('prices')" }],
  [
    'SQL in *.sql.ts only (templates)',
    rules.sqlInItsPlace,
    product,
    { path: 'src/a/a.ts', text: 'sql<number>`select 1`' },
  ],
  [
    'queries limited to an account',
    rules.scopedQueries,
    product,
    { path: 'src/a/a.sql.ts', text: "// unscoped:\nscope.db.selectFrom('prices')" },
  ],
  ['no clock read inside', rules.noClock, product, { path: 'src/a/a.ts', text: 'const now = Temporal.Now.instant();' }],
  ['no clock read inside (Date)', rules.noClock, product, { path: 'src/a/a.ts', text: 'const now = new Date();' }],
  ['no unfinished work', rules.noUnfinishedWork, texts, { path: 'a.md', text: 'Later (TO\u0044O)' }],
  ['no paths of a machine', rules.noMachine, texts, { path: 'a.md', text: 'See /r\u006fot/notes.' }],
  ['no registry hosts', rules.noMachine, texts, { path: 'a.md', text: 'https://registry.npmjs\u002eorg/x' }],
];

describe('the repository is tidy', () => {
  test.each(RULES)('%s', (_, rule, files, bad) => {
    expect(check(rule, files)).toEqual([]);
    expect(rule(bad)).toHaveLength(1);
  });

  test('an excused query and the edges of the process pass', () => {
    const scoped = (text: string) => rules.scopedQueries({ path: 'src/a/a.sql.ts', text });
    expect(scoped("selectFrom(scope, 'prices');")).toEqual([]);
    expect(scoped("// unscoped: the key is not known yet\nconst row = db\n  .selectFrom('api_keys');")).toEqual([]);
    expect(scoped("// unscoped: the key is not known yet\n\ndb.selectFrom('api_keys');")).toHaveLength(1);
    expect(rules.noClock({ path: 'src/main.ts', text: 'Temporal.Now.instant()' })).toEqual([]);
    expect(rules.noClock({ path: 'src/a/a.ts', text: '// Date.now() is not called here' })).toEqual([]);
  });

  test('each folder of src/ has a README that says what it owns, what not, and its invariants', () => {
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
    const readmeOf = (path: string) => (existsSync(join(ROOT, path)) ? readSource(path).text : undefined);
    const found = folders.flatMap(({ name }) => rules.readmeProblems(`src/${name}`, readmeOf(`src/${name}/README.md`)));
    expect(found).toEqual([]);
    expect(rules.readmeProblems('src/a', undefined)).toHaveLength(1);
    expect(rules.readmeProblems('src/a', '## Owns\n## Invariants')).toEqual([
      'src/a/README.md does not say: Does not own',
    ]);
  });
});

describe('imports follow the list of ARCHITECTURE.md', () => {
  test('in every file of src/', () => {
    expect(importProblems(levels, sources)).toEqual([]);
  });

  test.each([
    ['a later folder', 'src/rating/a.ts', "import { x } from '../invoices/b.ts';", 'which comes later'],
    ['a later folder, for a type', 'src/db/a.ts', "import type { X } from '../customers/b.ts';", 'which comes later'],
    ['a later folder, while running', 'src/db/a.ts', "await import('../customers/b.ts');", 'which comes later'],
    ['a later folder, to hand on', 'src/db/a.ts', "export { x } from '../main.ts';", 'which comes later'],
    ['more than the leaves', 'src/rating/a.ts', "import { x } from '../db/b.ts';", 'which is no leaf'],
    ['a folder that is not listed', 'src/db/a.ts', "import { x } from '../helpers/b.ts';", 'is not in the list'],
    ['test code', 'src/db/a.ts', "import { x } from '../../test/support/b.ts';", 'nothing of that folder'],
  ])('a file that imports %s is refused', (_, path, text, problem) => {
    expect(importProblems(levels, [{ path, text }])).toEqual([expect.stringContaining(problem)]);
  });

  test('peers may not import each other in a circle', () => {
    const files = [
      { path: 'src/db/a.ts', text: "import { b } from '../stripe/b.ts';" },
      { path: 'src/stripe/b.ts', text: "import { c } from '../jobs/c.ts';" },
      { path: 'src/jobs/c.ts', text: "import { a } from '../db/a.ts';" },
    ];
    expect(importProblems(levels, files)).toEqual(['folders import each other: db → stripe → jobs → db']);
    expect(importProblems(levels, files.slice(1))).toEqual([]);
  });

  test('a test may import anything', () => {
    expect(importProblems(levels, [{ path: 'src/db/a.test.ts', text: "import { x } from '../main.ts';" }])).toEqual([]);
  });
});
