/** What the sender itself knows of its events: the account book that the server's figures are compared with. */

/** One event of a meter; `summed` adds values, `counted` adds one an event. */
export type Event = {
  readonly meter: 'summed' | 'counted';
  readonly identifier: string;
  readonly customer: string;
  readonly value: number;
  /** Unix seconds; undefined leaves it to the server. */
  readonly timestamp: number | undefined;
};

/** What one request sends: a v1 event, or a batch of the stream. Sent again, it is exactly the same. */
export type Delivery = {
  readonly kind: 'single' | 'stream';
  readonly idempotencyKey: string | undefined;
  readonly events: readonly Event[];
  /** The server answered that it has these events. */
  acknowledged: boolean;
};

/** Figures by `meter customer`. */
export type Totals = ReadonlyMap<string, number>;

export type Ledger = {
  readonly deliveries: Delivery[];
  /** Deliveries without an acknowledgement. */
  open(): Delivery[];
  /** What must have been counted, and what may have been: the acknowledged, and all that was sent. */
  totals(): { acknowledged: Totals; sent: Totals };
};

export function newLedger(): Ledger {
  const deliveries: Delivery[] = [];
  return {
    deliveries,
    open: () => deliveries.filter(({ acknowledged }) => !acknowledged),
    totals: () => ({
      acknowledged: add(deliveries.filter(({ acknowledged }) => acknowledged)),
      sent: add(deliveries),
    }),
  };
}

function add(deliveries: readonly Delivery[]): Totals {
  const totals = new Map<string, number>();
  for (const { meter, customer, value } of deliveries.flatMap(({ events }) => events)) {
    const key = `${meter} ${customer}`;
    totals.set(key, (totals.get(key) ?? 0) + (meter === 'summed' ? value : 1));
  }
  return totals;
}
