import { useState } from 'react';
import { NEW_DRAFT, type PriceDraft, problemsOf } from './draft.ts';
import type { Problems } from '../ui/problems.ts';

/** A price that is being typed. What is wrong is told once somebody wants to go on, and forgotten when it is changed. */
export function useDraft() {
  const [draft, setDraft] = useState(NEW_DRAFT);
  const [problems, setProblems] = useState<Problems>({});
  return {
    draft,
    problems,
    setProblems,
    change: (change: Partial<PriceDraft>) => {
      const next = { ...draft, ...change };
      // What is charged once has neither tiers nor usage.
      const isOffered = next.isRecurring || next.model === 'flat' || next.model === 'package';
      setDraft(isOffered ? next : { ...next, model: 'flat' });
      // While one mends, the other fields go on saying what is wrong with them.
      const wrong = problemsOf(next);
      setProblems((before) => Object.fromEntries(Object.entries(before).filter(([field]) => field in wrong)));
    },
    /** True when the draft can be sent. */
    check: () => {
      const found = problemsOf(draft);
      setProblems(found);
      return Object.keys(found).length === 0;
    },
  };
}

export type DraftState = ReturnType<typeof useDraft>;
