/** What a token of a meter event session begins with, as in the reference. It opens the stream and nothing else. */
export const SESSION_TOKEN_PREFIX = 'token_';

/** Whether credentials claim to be the token of a session rather than a secret key. */
export function isSessionToken(credentials: string): boolean {
  return credentials.startsWith(SESSION_TOKEN_PREFIX);
}

/**
 * The secret key or token of an Authorization header: `Bearer sk_…`, or Basic with the key as user name
 * (`curl -u "$KEY:"`). Undefined when there is none.
 */
export function readCredentials(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  // What every client sends; the rest is for curl and for odd spacing.
  if (header.startsWith('Bearer ') && header.indexOf(' ', 7) === -1) return header.slice(7);
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(\S+)\s*$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const user = Buffer.from(credentials, 'base64').toString('utf8').split(':')[0];
  return user === '' ? undefined : user;
}
