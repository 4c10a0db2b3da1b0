/** What a test may send: nested objects and lists become brackets, undefined vanishes, null is sent as empty. */
export type Params = { readonly [name: string]: unknown };

/**
 * Encodes parameters the way people do by hand (`items[0][price]=…`), written apart from the server's own decoder so
 * that a mistake in one does not hide in the other. Empty lists and objects vanish, as they do in the official clients.
 */
export function encodeForm(params: Params): string {
  const pairs: string[] = [];
  const add = (name: string, value: unknown): void => {
    if (value === undefined) return;
    if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) add(`${name}[${key}]`, inner);
      return;
    }
    const text = value === null ? '' : (value as string | number | bigint | boolean).toString();
    pairs.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
  };
  for (const [name, value] of Object.entries(params)) add(name, value);
  return pairs.join('&');
}
