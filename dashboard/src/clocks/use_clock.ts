import { useLocation, useNavigate, useSearchParams } from 'react-router';
import { CLOCK_PARAM, useSpace } from '../session/space.ts';

export type Clock = {
  /** The test clock that is looked at; null: wall time. */
  readonly id: string | null;
  /** What lists of customers and of subscriptions are asked with, so that they hold what is on the clock. */
  readonly params: { readonly test_clock?: string };
  /** The list of invoices. The original's can't be asked for a clock. */
  readonly invoices: string;
};

/** The test clock that the address names: `?clock=clock_…`. */
export function useClock(): Clock {
  const { account } = useSpace();
  const [search] = useSearchParams();
  const id = account.livemode ? null : search.get(CLOCK_PARAM);
  return {
    id,
    params: id === null ? {} : { test_clock: id },
    invoices: id === null ? '/v1/invoices' : '/v1/usance/invoices',
  };
}

/**
 * Chooses another clock, or none, and stays on the page; what its lists were turned to belongs to the other clock. The
 * page of a simulation gives way to that of the other one.
 */
export function useChooseClock(): (id: string | null, options?: { replace?: boolean }) => void {
  const { name } = useSpace();
  const { pathname, search } = useLocation();
  const navigate = useNavigate();
  return (id, options) => {
    const params = new URLSearchParams(search);
    for (const cursor of ['starting_after', 'ending_before', CLOCK_PARAM]) params.delete(cursor);
    if (id !== null) params.set(CLOCK_PARAM, id);
    const ofClock = `/${name}/clocks/`;
    const page = pathname.startsWith(ofClock) ? (id === null ? `/${name}/clocks` : `${ofClock}${id}`) : pathname;
    void navigate({ pathname: page, search: params.toString() }, options);
  };
}
