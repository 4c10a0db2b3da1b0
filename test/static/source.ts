import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'vitest/node';

export const ROOT: string = fileURLToPath(new URL('../../', import.meta.url));

/** A file by its path from the root of the repository, as in `src/rating/tiers.ts`. */
export type SourceFile = { readonly path: string; readonly text: string };

/** A node of the syntax tree (ESTree with TypeScript); `start` and `end` are offsets into the text. */
export type SyntaxNode = {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
};

/** Every file that is, or would be, part of a commit. Without git: everything but the ignored folders. */
export function repositoryFiles(): string[] {
  try {
    const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return listed.split('\0').filter((path) => path !== '' && isFile(path));
  } catch {
    const ignored = /(^|\/)(node_modules|\.git|\.usance|coverage)(\/|$)/;
    return readdirSync(ROOT, { recursive: true, encoding: 'utf8' }).filter(
      (path) => !ignored.test(path) && isFile(path),
    );
  }
}

function isFile(path: string): boolean {
  return statSync(join(ROOT, path), { throwIfNoEntry: false })?.isFile() ?? false;
}

export function readSource(path: string): SourceFile {
  return { path, text: readFileSync(join(ROOT, path), 'utf8') };
}

/** All nodes of a TypeScript file, outer before inner. Comments are not among them. */
export function nodesOf({ path, text }: SourceFile): SyntaxNode[] {
  const found: SyntaxNode[] = [];
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    if (typeof (value as SyntaxNode).type === 'string') found.push(value as SyntaxNode);
    Object.values(value).forEach(visit);
  };
  visit(parseAst(text, { lang: path.endsWith('x') ? 'tsx' : 'ts' }, path));
  return found;
}

/** The 1-based line of an offset. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}
