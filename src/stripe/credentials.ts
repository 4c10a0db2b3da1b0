/**
 * The secret key of an Authorization header: `Bearer sk_…`, or Basic with the key as user name (`curl -u "$KEY:"`).
 * Undefined when there is none.
 */
export function readSecretKey(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(\S+)\s*$/.exec(header) ?? [];
  if (scheme.toLowerCase() === 'bearer') return credentials;
  if (scheme.toLowerCase() !== 'basic') return undefined;
  const user = Buffer.from(credentials, 'base64').toString('utf8').split(':')[0];
  return user === '' ? undefined : user;
}
