/** What a parameter may be; undefined is not sent, and an empty text unsets what it names. */
type ParamValue = string | number | boolean | null | undefined | readonly ParamValue[] | Params;
export type Params = { readonly [name: string]: ParamValue };

/** Parameters as the API's forms: `items[0][price]=…`. */
export function encodeForm(params: Params): URLSearchParams {
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(params)) append(form, name, value);
  return form;
}

function append(form: URLSearchParams, name: string, value: ParamValue): void {
  if (value === undefined || value === null) return;
  if (typeof value !== 'object') {
    form.append(name, String(value));
    return;
  }
  const entries: readonly [string, ParamValue][] = Array.isArray(value)
    ? value.map((entry: ParamValue, place) => [String(place), entry])
    : Object.entries(value);
  for (const [key, entry] of entries) append(form, `${name}[${key}]`, entry);
}
