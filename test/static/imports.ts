import { dirname, join } from 'node:path/posix';
import { nodesOf, type SourceFile, type SyntaxNode } from './source.ts';

/** A line of the list of import directions: folders that stand side by side, and whether they see the leaves only. */
export type Level = { readonly folders: readonly string[]; readonly leavesOnly: boolean };

/** Reads the fenced block `import-levels` of ARCHITECTURE.md. Throws when the page has none. */
export function parseLevels(page: string): Level[] {
  const block = /^```import-levels\n([\s\S]*?)^```$/m.exec(page)?.[1];
  if (!block) throw new Error('ARCHITECTURE.md has no block "import-levels"');
  const lines = block.trim().split('\n');
  return lines.map((line) => ({
    folders: line.replace('(leaves only)', '').trim().split(/\s+/),
    leavesOnly: line.includes('(leaves only)'),
  }));
}

/** The modules that a file names in `import`, `export … from` or `import()`; relative ones as paths from the root. */
function importsOf(file: SourceFile): string[] {
  const statements = /^(ImportDeclaration|ImportExpression|ExportNamedDeclaration|ExportAllDeclaration)$/;
  const sources = nodesOf(file)
    .filter(({ type }) => statements.test(type))
    .map((node) => node['source'] as SyntaxNode | null);
  const names = sources.map((source) => source?.['value']).filter((value) => typeof value === 'string');
  return names.map((name) => (name.startsWith('.') ? join(dirname(file.path), name) : name));
}

/** Imports in `src/` that go against the list, and cycles between its folders: a readable line each. */
export function importProblems(levels: readonly Level[], files: readonly SourceFile[]): string[] {
  const product = files.filter(({ path }) => path.startsWith('src/') && !path.endsWith('.test.ts'));
  const edges = product.flatMap((file) => importsOf(file).map((target) => ({ from: file.path, to: target })));
  const inside = edges.filter(({ to }) => to.startsWith('src/'));
  const outside = edges.filter(({ to }) => /^(test|bench|scripts)\//.test(to));
  return [
    ...outside.map(({ from, to }) => `${from} imports ${to}: the product imports nothing of that folder`),
    ...inside.flatMap(({ from, to }) => directionProblem(levels, from, to)),
    ...cycles(
      Map.groupBy(
        inside.map(({ from, to }) => [folderOf(from), folderOf(to)] as const),
        ([from]) => from,
      ),
    ),
  ];
}

/** `src/rating/tiers.ts` → `rating`; `src/limits.ts` → `limits`. */
function folderOf(path: string): string {
  return path.split('/')[1]!.replace(/\.ts$/, '');
}

function directionProblem(levels: readonly Level[], from: string, to: string): string[] {
  const levelOf = (folder: string) => levels.findIndex(({ folders }) => folders.includes(folder));
  const [source, target] = [folderOf(from), folderOf(to)];
  const [sourceLevel, targetLevel] = [levelOf(source), levelOf(target)];
  if (source === target) return [];
  if (sourceLevel < 0) return [`${from}: "${source}" is not in the list of ARCHITECTURE.md`];
  if (targetLevel < 0) return [`${from} imports ${to}: "${target}" is not in the list of ARCHITECTURE.md`];
  if (targetLevel > sourceLevel) return [`${from} imports ${to}, which comes later`];
  if (levels[sourceLevel]!.leavesOnly && targetLevel > 0) return [`${from} imports ${to}, which is no leaf`];
  return [];
}

/** At least one of the loops of a graph of folders, as `a → b → a`; none when there is none. */
function cycles(edges: ReadonlyMap<string, readonly (readonly [string, string])[]>): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const walk = (folder: string, trail: readonly string[]): void => {
    const at = trail.indexOf(folder);
    if (at >= 0) found.push(`folders import each other: ${[...trail.slice(at), folder].join(' → ')}`);
    if (at >= 0 || finished.has(folder)) return;
    const targets = new Set(
      edges
        .get(folder)
        ?.map(([, to]) => to)
        .filter((to) => to !== folder),
    );
    for (const target of targets) walk(target, [...trail, folder]);
    finished.add(folder);
  };
  for (const folder of edges.keys()) walk(folder, []);
  return found;
}
