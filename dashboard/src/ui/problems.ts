import type { ApiError } from '../api/error.ts';

/** What is wrong with a form, by the parameter of the API that it is about. */
export type Problems = Readonly<Record<string, string>>;

/** What the API said, at the field of its parameter; what belongs to no field of the form is the rest. */
export function problemsIn(error: ApiError | null, params: readonly string[]) {
  const own = error?.param !== undefined && params.includes(error.param) ? error : null;
  return {
    at: (param: string) => (own?.param === param ? own.message : undefined),
    rest: own === null ? error : null,
  };
}

/** Seconds of what a picker of times holds, which is UTC: `2026-01-05 14:30:00`. */
export function secondsOf(picked: string | null): number | undefined {
  return picked === null ? undefined : Math.floor(Date.parse(`${picked.replace(' ', 'T')}Z`) / 1000);
}
