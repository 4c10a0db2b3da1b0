import { type Child, startChild } from './child.ts';
import type { LoadJob, LoadResult } from './load.ts';

export type Generator = Child<LoadJob, LoadResult>;

/** Starts the load generator in a process of its own, so that its CPU time can be told from the benchmark's. */
export function startGenerator(): Generator {
  return startChild(new URL('./generate.ts', import.meta.url));
}
