import type { Account, Context } from '../stripe/context.ts';
import { needsUser, resourceMissing } from '../stripe/errors.ts';
import type { JsonObject } from '../stripe/json.ts';
import { object } from '../stripe/params.ts';
import { string } from '../stripe/params.types.ts';
import { type Route, route } from '../stripe/route.ts';
import { toUnix } from '../time/instant.ts';
import { createKey, newSecretKey } from './key.ts';
import { type ApiKey, listKeysOf, markRevokedOf } from './key.sql.ts';

const PATH = '/v1/usance/api_keys';

/** Keys of the account, for its users alone: who has only a key shall not be able to make another that outlives it. */
export const apiKeyRoutes: Route[] = [
  route({
    method: 'GET',
    path: PATH,
    answers: { list: 'usance.api_key' },
    params: object({}),
    async handle(context) {
      requireVisitor(context.account);
      const keys = await listKeysOf(context);
      return { object: 'list', data: keys.map((key) => viewKey(context, key)), has_more: false, url: PATH };
    },
  }),
  route({
    method: 'POST',
    path: PATH,
    answers: { object: 'usance.api_key' },
    params: object({ name: string({ max: 100 }) }),
    async handle(context, { name }) {
      requireVisitor(context.account);
      const secretKey = newSecretKey(context.account.livemode);
      const { db, now, account } = context;
      const id = await createKey(db, { accountId: account.id, secretKey, name: name ?? null, now });
      const made = (await listKeysOf(context)).find((key) => key.id === id);
      if (made === undefined) throw resourceMissing('API key', id);
      return { ...viewKey(context, made), secret: secretKey };
    },
  }),
  route({
    method: 'POST',
    path: `${PATH}/:id/revoke`,
    answers: { object: 'usance.api_key' },
    params: object({}),
    async handle(context, _params, { id = '' }) {
      requireVisitor(context.account);
      await markRevokedOf(context, id, context.now);
      const key = (await listKeysOf(context)).find((one) => one.id === id);
      if (key === undefined) throw resourceMissing('API key', id);
      return viewKey(context, key);
    },
  }),
];

function requireVisitor({ visitor }: Account): void {
  if (visitor === undefined) throw needsUser();
}

/** `secret` is told once, when the key is made. */
function viewKey({ account }: Context, key: ApiKey): JsonObject {
  return {
    id: key.id,
    object: 'usance.api_key',
    created: toUnix(key.createdAt),
    livemode: account.livemode,
    name: key.name,
    redacted: key.redacted,
    revoked_at: key.revokedAt && toUnix(key.revokedAt),
    secret: null,
  };
}
