import type Stripe from 'stripe';
import type { Column } from '../ui/columns.ts';
import { CopyId } from '../ui/copy_id.tsx';
import { ShortList } from '../ui/short_list.tsx';
import { When } from '../ui/when.tsx';

const COLUMNS: readonly Column<Stripe.Event>[] = [
  { header: 'Type', cell: ({ type }) => type, value: ({ type }) => type },
  { header: 'ID', cell: ({ id }) => <CopyId id={id} label="event ID" />, isMinor: true },
  { header: 'When', cell: ({ created }) => <When at={created} />, value: ({ created }) => created },
];

/** What happened to an object, newest first. */
export function ObjectEvents({ id }: { readonly id: string }) {
  return (
    <ShortList
      title="Events"
      path="/v1/usance/events"
      params={{ object: id }}
      columns={COLUMNS}
      to={(event) => `/events/${event.id}`}
      empty="Nothing has happened yet, or it is longer ago than events are kept."
    />
  );
}
