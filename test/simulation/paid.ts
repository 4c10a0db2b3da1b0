import { share, type Span } from './calendar.ts';
import type { Debit } from './world.ts';

/** A stretch of time, the newest debit for it (undefined: nobody was ever asked for it), and whether that was not given back. */
export type Stretch = { readonly part: Span; readonly debit: Debit | undefined; readonly isOpen: boolean };

/** A time cut wherever a debit or a credit begins or ends, and put together again where neighbours are alike. */
export function stretchesOf(debits: readonly Debit[], span: Span): Stretch[] {
  const standing = debits.filter(({ isVoid }) => !isVoid);
  const edges = standing
    .flatMap(({ period, credits }) => [period, ...credits.filter((credit) => !credit.isVoid).map(({ part }) => part)])
    .flatMap(({ start, end }) => [start, end])
    .filter((edge) => edge > span.start && edge < span.end);
  const times = [...new Set([span.start, ...edges, span.end])].toSorted((a, b) => a - b);
  const pieces = times.slice(0, -1).map((start, place): Stretch => {
    const debit = standing.findLast(({ period }) => period.start <= start && start < period.end);
    const isGiven = debit?.credits.some(({ isVoid, part }) => !isVoid && part.start <= start && start < part.end);
    return { part: { start, end: times[place + 1]! }, debit, isOpen: debit !== undefined && isGiven !== true };
  });
  return joined(pieces, (a, b) => a.debit === b.debit && a.isOpen === b.isOpen);
}

/** Neighbours that are alike, as one. */
export function joined<T extends { readonly part: Span }>(pieces: readonly T[], isAlike: (a: T, b: T) => boolean): T[] {
  const all: T[] = [];
  for (const piece of pieces) {
    const last = all.at(-1);
    if (last === undefined || last.part.end !== piece.part.start || !isAlike(last, piece)) all.push(piece);
    else all[all.length - 1] = { ...last, part: { start: last.part.start, end: piece.part.end } };
  }
  return all;
}

/** What falls on a part of a debit: a difference of what is left from two times on, so that parts add up to the whole. */
export function partOf({ period }: Debit, amount: bigint, { start, end }: Span): bigint {
  const since = (time: number) => share(amount, period, { start: time, end: period.end });
  return since(start) - since(end);
}
