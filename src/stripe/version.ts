import { unreadableRequest } from './errors.ts';

/** The version whose shapes every answer has. */
export const API_VERSION = '2026-10-28.endive';

/**
 * Any version of the last years is accepted and answered in ours. Returns the notice that tells so (clients print the
 * `stripe-notice` header), or undefined when nothing differs. Throws for text that is no version.
 */
export function versionNotice(requested: string | undefined): string | undefined {
  if (requested === undefined || requested === API_VERSION) return undefined;
  if (!/^20\d\d-\d\d-\d\d(\.[a-z_]+)?(; .*)?$/.test(requested)) {
    throw unreadableRequest(`Invalid Stripe API version: ${requested.slice(0, 60)}`);
  }
  return `This server answers in API version ${API_VERSION}; the request asked for ${requested.slice(0, 60)}.`;
}
