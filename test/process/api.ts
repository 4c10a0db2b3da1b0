import { encodeForm, type Params } from '../support/form.ts';

export type Answer = {
  readonly status: number;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads what came over the wire.
  readonly body: any;
};

/** A plain request with a key. `params` go into the query of a GET, else into a form. */
export async function call(
  server: { readonly url: string; readonly secretKey: string },
  method: 'GET' | 'POST',
  path: string,
  params: Params = {},
): Promise<Answer> {
  const form = encodeForm(params);
  const response = await fetch(`${server.url}${path}${method === 'GET' && form !== '' ? `?${form}` : ''}`, {
    method,
    headers: {
      authorization: `Bearer ${server.secretKey}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    ...(method === 'GET' ? {} : { body: form }),
  });
  return { status: response.status, body: await response.json() };
}
