import { expect, test } from 'vitest';
import {
  idempotencyInUse,
  idempotencyMismatch,
  internalError,
  invalidParameter,
  lockTimeout,
  missingKey,
  missingParameter,
  resourceMissing,
  revokedKey,
  type StripeError,
  unavailable,
  unknownParameters,
  unknownRoute,
  unreadableRequest,
  unservedOperation,
} from './errors.ts';
import { tellInV2 } from './errors.v2.ts';

test.each<[StripeError, number, string, string, boolean | undefined]>([
  [missingKey(), 401, 'invalid_api_key', 'invalid_request_error', undefined],
  [revokedKey('sk_test_abcdefghijkl'), 401, 'api_key_expired', 'invalid_request_error', undefined],
  [unknownRoute('GET', '/v2/x'), 404, 'not_found', 'invalid_request_error', undefined],
  [resourceMissing('meter', 'mtr_1'), 404, 'not_found', 'invalid_request_error', undefined],
  [resourceMissing('customer', 'cus_1', 'customer'), 400, 'resource_missing', 'invalid_request_error', undefined],
  [unservedOperation('GET', '/v2/x'), 501, 'operation_not_served', 'invalid_request_error', false],
  [unknownParameters(['a', 'b']), 400, 'invalid_fields', 'invalid_request_error', undefined],
  [missingParameter('a'), 400, 'invalid_fields', 'invalid_request_error', undefined],
  [invalidParameter('a', 'Bad.'), 400, 'invalid_fields', 'invalid_request_error', undefined],
  [
    invalidParameter('a', 'Bad.', 'parameter_invalid_integer'),
    400,
    'invalid_fields',
    'invalid_request_error',
    undefined,
  ],
  [unreadableRequest('Too large.', 413), 413, 'request_too_large', 'invalid_request_error', undefined],
  [idempotencyMismatch('k'), 409, 'idempotency_error', 'idempotency_error', false],
  [idempotencyInUse('k'), 409, 'idempotency_key_in_use', 'idempotency_error', undefined],
  [lockTimeout(), 429, 'lock_timeout', 'rate_limit', true],
  [unavailable(), 503, 'service_unavailable', 'api_error', true],
  [internalError('req_1'), 500, 'internal_error', 'api_error', false],
])('v2 tells %s', (error, status, code, type, shouldRetry) => {
  const told = tellInV2(error);
  expect(told).toMatchObject({ status, body: { error: { code, type } } });
  expect(told.shouldRetry).toBe(shouldRetry);
  // The keys of the reference: no `param`.
  expect(Object.keys(told.body.error).toSorted()).toEqual(['code', 'message', 'type']);
});

test('the message names the field, since there is no param', () => {
  const message = (error: StripeError) => tellInV2(error).body.error['message'];
  expect(message(invalidParameter('cancel[identifier]', 'Bad.'))).toBe('cancel[identifier]: Bad.');
  expect(message(missingParameter('event_name'))).toBe('Missing required param: event_name.');
  expect(message(resourceMissing('meter', 'mtr_1'))).toBe("No such meter: 'mtr_1'");
});
