/**
 * npm passes the signals it gets on to us, and a Ctrl-C in the terminal has reached us already: what arrives within
 * this time is the same request to stop, not impatience.
 */
const SAME_REQUEST_MILLISECONDS = 1000;

const PARENT_CHECK_MILLISECONDS = 1000;

/**
 * Aborts when the operator wants the server to stop: by SIGINT, by SIGTERM, or by ending the npm that started it. A
 * second signal ends the process at once.
 */
export function stopRequests(): AbortSignal {
  const requested = new AbortController();
  let requestedAt = 0;
  const request = (what: string) => {
    if (!requested.signal.aborted) {
      requestedAt = performance.now();
      console.log(`\n${what}, finishing requests in flight (Ctrl-C to stop at once).`);
      requested.abort();
    } else if (performance.now() - requestedAt > SAME_REQUEST_MILLISECONDS) {
      console.error('Stopping at once; requests in flight are cut off.');
      process.exit(1);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => request(`${signal} received`));
  // Other scripts may well start a server to leave it running.
  if (/^(start|npx)$/.test(process.env['npm_lifecycle_event'] ?? '')) {
    whenOrphaned(() => request('The npm that started this ended'));
  }
  return requested.signal;
}

/** A SIGTERM to npm ends npm and its shell, which does not pass it on: the server would run on, seen by nobody. */
function whenOrphaned(request: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    request();
  }, PARENT_CHECK_MILLISECONDS);
  timer.unref();
}

/** Resolves when the signal aborts, or now if it has. */
export async function untilAborted(signal: AbortSignal): Promise<undefined> {
  if (signal.aborted) return;
  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
}
