type Fields = {
  readonly status: number;
  readonly code?: string | undefined;
  readonly param?: string | undefined;
  readonly requestId?: string | undefined;
};

/** An answer that is no success, as the API words it. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string | undefined;
  /** The parameter that is wrong, as `items[0][price]`. */
  readonly param: string | undefined;
  readonly requestId: string | undefined;

  constructor(message: string, fields: Fields) {
    super(message);
    this.status = fields.status;
    this.code = fields.code;
    this.param = fields.param;
    this.requestId = fields.requestId;
  }
}

type ErrorBody = { error?: { message?: string; code?: string; param?: string } };

/** Throws what an answer says went wrong. */
export async function failWith(response: Response): Promise<never> {
  const body = (await response.json().catch(() => ({}))) as ErrorBody;
  const requestId = response.headers.get('request-id') ?? undefined;
  throw new ApiError(body.error?.message ?? `The server answered ${response.status}.`, {
    status: response.status,
    code: body.error?.code,
    param: body.error?.param,
    requestId,
  });
}

/** A server that can't be reached is no answer of it. */
export function unreachable(): ApiError {
  return new ApiError('The server can’t be reached. Is it running?', { status: 0 });
}
