import type { IncomingHttpHeaders } from 'node:http';

/** A name or address with an optional port, and nothing that could end the host of a URL. */
const HOST = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i;

type Reached = {
  readonly headers: IncomingHttpHeaders;
  readonly socket: { readonly localAddress?: string | undefined; readonly localPort?: number | undefined };
};

/**
 * Where a request reached this server, as `http://127.0.0.1:12111`: the host that it asked for, or where it came in when
 * it names none that can stand in a URL. Headers of proxies are not believed; who has one says USANCE_PUBLIC_URL.
 */
export function baseUrlOf({ headers: { host = '' }, socket }: Reached): string {
  if (HOST.test(host)) return `http://${host}`;
  const { localAddress = '127.0.0.1', localPort = 80 } = socket;
  return `http://${localAddress.includes(':') ? `[${localAddress}]` : localAddress}:${localPort}`;
}
