import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';

const DIST = new URL('../../dashboard/dist/', import.meta.url);
const isBuilt = existsSync(new URL('index.html', DIST));
if (!isBuilt) console.log('The dashboard is not built: its size is not checked.');

/** Bytes over the network, with brotli. */
const FIRST_PAGE_BYTES = 250_000;
const LAZY_BYTES = 110_000;

function read(name: string): string {
  return readFileSync(new URL(name, DIST), 'utf8');
}

/** A file of the build with all that it can't start without. */
function withImports(name: string, found: Set<string> = new Set()): Set<string> {
  if (found.has(name)) return found;
  found.add(name);
  if (!name.endsWith('.js')) return found;
  const imports = /(?:from|import)\s*["'`]\.\/([\w.-]+\.js)["'`]/g;
  for (const [, file] of read(name).matchAll(imports)) withImports(`assets/${file}`, found);
  return found;
}

/** The build writes a compressed file beside each that is worth it. */
function bytesOf(names: Iterable<string>): number {
  const size = (name: string) => {
    const compressed = new URL(`${name}.br`, DIST);
    return statSync(existsSync(compressed) ? compressed : new URL(name, DIST)).size;
  };
  return [...names].reduce((sum, name) => sum + size(name), 0);
}

test.skipIf(!isBuilt)('the first page is small, and charts are a part of their own', () => {
  const linked = [...read('index.html').matchAll(/(?:src|href)="\/([^"]+\.(?:js|css))"/g)].map(
    ([, name]) => name ?? '',
  );
  expect(linked.length).toBeGreaterThan(0);
  const shell = new Set(linked.flatMap((name) => [...withImports(name)]));
  const assets = readdirSync(new URL('assets/', DIST)).map((name) => `assets/${name}`);
  const home = assets.filter((name) => /\/home-[\w-]+\.js$/.test(name));
  expect(home).toHaveLength(1);
  const first = new Set([...shell, ...home.flatMap((name) => [...withImports(name)])]);
  expect(bytesOf(first)).toBeLessThan(FIRST_PAGE_BYTES);
  for (const name of assets.filter((file) => file.endsWith('.js') && !first.has(file))) {
    expect(bytesOf([name]), name).toBeLessThan(LAZY_BYTES);
  }
});
