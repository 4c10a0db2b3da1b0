import type { Random } from '../crash/random.ts';
import type { Json, Remote } from './remote.ts';
import type { World } from './world.ts';

/** Something that happens: at the server by `send`, in the auditor's world by `apply`. */
export type Step = {
  /** As in `cancel sub3`. */
  readonly text: string;
  /** With which status and code the server must refuse it. */
  readonly refused?: { readonly status: number; readonly code: string | undefined };
  send(remote: Remote): Promise<Json>;
  apply(world: World): void;
};

/** Chooses a step of one kind by the world and the seed alone; undefined where there is nothing to do it to. */
export type Chooser = (world: World, random: Random) => Step | undefined;

/** One of a list, if it has any. */
export function pickOf<T>(random: Random, list: readonly T[]): T | undefined {
  return list.length === 0 ? undefined : random.pick(list);
}
