import { lineAt, nodesOf, type SourceFile, type SyntaxNode } from './source.ts';

const MAX_FILE_LINES = 400;
const MAX_FUNCTION_LINES = 60;
const RAW_QUERY = /^(selectFrom|insertInto|updateTable|deleteFrom|query)$/;
const RAW_UNSCOPED_QUERY = /^(selectFrom|updateTable|deleteFrom)$/;
const FUNCTION = /^(FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/;

/** A folder's page must say these three things, as headings or as the first words of a paragraph. */
const README_PARTS = ['Owns', 'Does not own', 'Invariants'];

/** A rule looks at one file and tells each breach as a line that begins with the file's path. */
export type Rule = (file: SourceFile) => string[];

export const noBarrel: Rule = ({ path }) =>
  /(^|\/)index\.tsx?$/.test(path) ? [`${path}: a barrel; import from the file that has the thing`] : [];

export const shortFile: Rule = ({ path, text }) => {
  const lines = text.trimEnd().split('\n').length;
  return lines > MAX_FILE_LINES ? [`${path}: ${lines} lines, more than ${MAX_FILE_LINES}; split it by verb`] : [];
};

export const shortFunctions: Rule = (file) => {
  const long = nodesOf(file)
    .filter(({ type }) => FUNCTION.test(type))
    .map((node) => {
      const first = lineAt(file.text, node.start);
      return { first, lines: lineAt(file.text, node.end) - first + 1 };
    });
  return long
    .filter(({ lines }) => lines > MAX_FUNCTION_LINES)
    .map(({ first, lines }) => `${file.path}:${first}: a function of ${lines} lines, more than ${MAX_FUNCTION_LINES}`);
};

/** SQL lives in `*.sql.ts`, one file a table, and in the two folders that are about the database itself. */
export const sqlInItsPlace: Rule = (file) => {
  if (file.path.endsWith('.sql.ts') || /^src\/(db|jobs)\//.test(file.path)) return [];
  const places = nodesOf(file).filter((node) => isCallOf(node, RAW_QUERY) || isSqlTemplate(node));
  return places.map((node) => at(file, node, 'SQL belongs in a *.sql.ts'));
};

/** Reads, updates and deletes start at the helper that limits them to one account; the exception says why it is one. */
export const scopedQueries: Rule = (file) => {
  if (!file.path.endsWith('.sql.ts') || file.path.startsWith('src/db/')) return [];
  const lines = file.text.split('\n');
  // The reason stands above the statement or on one of its lines down to the call.
  const excused = (node: SyntaxNode) => {
    const last = lineAt(file.text, (node['callee'] as SyntaxNode).end);
    return lines.slice(lineAt(file.text, node.start) - 2, last).some((line) => /\/\/ unscoped: \S/.test(line));
  };
  const raw = nodesOf(file).filter((node) => isCallOf(node, RAW_UNSCOPED_QUERY));
  return raw
    .filter((node) => !excused(node))
    .map((node) =>
      at(file, node, 'a query that is not limited to an account: start at src/db/scope.ts, or say "// unscoped: why"'),
    );
};

/** Time is an argument. Only the edges of the process read a clock, and ids, which sort by the moment of their making. */
export const noClock: Rule = (file) => {
  if (/^src\/(main\.ts$|cli\/|stripe\/http|stripe\/ids\.ts$|db\/|jobs\/)/.test(file.path)) return [];
  const reads = nodesOf(file).filter((node) => {
    if (node.type === 'NewExpression') return isNamed(node['callee'], 'Date');
    if (node.type !== 'MemberExpression') return false;
    const read = `${nameOf(node['object'])}.${nameOf(node['property'])}`;
    return read === 'Date.now' || read === 'Temporal.Now';
  });
  return reads.map((node) => at(file, node, 'reads the clock; take the instant as an argument'));
};

/** Words that promise work instead of doing it; the brackets keep them out of this file. */
export const noUnfinishedWork: Rule = ({ path, text }) =>
  linesThat(path, text, /\b(TO[D]O|FIX[M]E|X[X]X)\b/, 'unfinished work');

/** What would tie the repository to one machine or to one place to download from. */
export const noMachine: Rule = ({ path, text }) => [
  ...linesThat(path, text, /(^|[^.\w/-])\/(work|root|home\/[a-z][\w-]*)\//, "a machine's path"),
  ...linesThat(path, text, /registry\.npmjs\.org|registry\.yarnpkg\.com|deb\.debian\.org/, 'a registry host'),
];

/** `readme` is the text of a folder's README.md, undefined where there is none. */
export function readmeProblems(folder: string, readme: string | undefined): string[] {
  if (readme === undefined) return [`${folder}: no README.md`];
  const missing = README_PARTS.filter((part) => !readme.includes(part));
  return missing.length > 0 ? [`${folder}/README.md does not say: ${missing.join(', ')}`] : [];
}

function linesThat(path: string, text: string, match: RegExp, problem: string): string[] {
  const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 }));
  return lines
    .filter(({ line }) => match.test(line))
    .map(({ line, number }) => `${path}:${number}: ${problem}: ${line.trim().slice(0, 100)}`);
}

function at(file: SourceFile, node: SyntaxNode, problem: string): string {
  return `${file.path}:${lineAt(file.text, node.start)}: ${problem}`;
}

function isCallOf(node: SyntaxNode, methods: RegExp): boolean {
  if (node.type !== 'CallExpression') return false;
  const callee = node['callee'] as SyntaxNode;
  return callee.type === 'MemberExpression' && methods.test(nameOf(callee['property']) ?? '');
}

function isSqlTemplate(node: SyntaxNode): boolean {
  return node.type === 'TaggedTemplateExpression' && isNamed(node['tag'], 'sql');
}

function isNamed(node: unknown, name: string): boolean {
  return nameOf(node) === name;
}

function nameOf(node: unknown): string | undefined {
  const identifier = node as SyntaxNode | null;
  return identifier?.type === 'Identifier' ? (identifier['name'] as string) : undefined;
}
