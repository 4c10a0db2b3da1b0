/** A meter event as it came through one of the doors, decoded but not yet checked by its meter. */
export type EventInput = {
  readonly eventName: string;
  /** Flat texts, as sent. Read with `Object.hasOwn`: the names are the sender's. */
  readonly payload: Readonly<Record<string, string>>;
  /** Undefined: one is made up. */
  readonly identifier: string | undefined;
  /** Unix milliseconds of the event's own time; undefined: the time of receipt. */
  readonly timestampMs: number | undefined;
};

/** An entry of a stream request that is no event, with what could be read of it and why it is none. */
export type RejectedInput = {
  readonly input: { readonly [K in keyof EventInput]?: EventInput[K] | undefined };
  readonly code: string;
  readonly message: string;
};
