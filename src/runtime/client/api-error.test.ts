import { describe, expect, test } from 'vitest';

import {
  type ApiError,
  TransportError,
  apiErrorOf,
  isAlreadyExists,
  isConflict,
  isForbidden,
  isGone,
  isInvalid,
  isMisfit,
  isNotFound,
  isTooManyRequests,
  isUnknownOutcome,
} from './api-error.ts';

const request = { method: 'PATCH', path: '/api/v1/namespaces/a/pods/p?force=true' } as const;

function answer(code: number, reason = '', details: object = { name: 'p' }): ApiError {
  const body = JSON.stringify({ kind: 'Status', code, reason, message: 'because', details });
  return apiErrorOf(request, { status: code, body });
}

describe('an error answer', () => {
  test('reads as method, path without query, code, reason and message', () => {
    expect(answer(409, 'Conflict').message).toBe('PATCH /api/v1/namespaces/a/pods/p: 409 Conflict: because');
  });

  test('carries the causes that the server names', () => {
    const causes = [{ reason: 'FieldValueInvalid', message: 'too large', field: 'spec.replicas' }];
    expect(answer(422, 'Invalid', { name: 'p', causes }).causes).toEqual(causes);
  });

  test.for([
    ['a plain text', '404 page not found\n', '404: 404 page not found'],
    ['nothing', '', '404'],
    ['JSON that is no Status', '{"error":"no"}', '404: {"error":"no"}'],
    ['null', 'null', '404: null'],
  ])('is understood from %s', ([, body, text]) => {
    expect(apiErrorOf(request, { status: 404, body: body ?? '' }).message).toBe(
      `PATCH /api/v1/namespaces/a/pods/p: ${text}`,
    );
  });

  test.for([
    { header: '3', seconds: 5, expected: 3_000 },
    { header: undefined, seconds: 5, expected: 5_000 },
    { header: undefined, seconds: undefined, expected: undefined },
    { header: 'Wed, 21 Oct 2026 07:28:00 GMT', seconds: undefined, expected: undefined },
  ])('asks to wait $expected ms (header $header, body $seconds s)', ({ header, seconds, expected }) => {
    const body = JSON.stringify({ kind: 'Status', details: { retryAfterSeconds: seconds } });
    const headers: Record<string, string> = header === undefined ? {} : { 'retry-after': header };
    expect(apiErrorOf(request, { status: 429, headers, body }).retryAfterMs).toBe(expected);
  });
});

describe('what an error means', () => {
  const predicates = {
    isConflict,
    isAlreadyExists,
    isNotFound,
    isInvalid,
    isMisfit,
    isForbidden,
    isGone,
    isTooManyRequests,
    isUnknownOutcome,
  };
  const refused = new TransportError(request, 'not-sent', new Error('connect ECONNREFUSED'));
  const reset = new TransportError(request, 'unknown', new Error('read ECONNRESET'));
  test.for<[string, unknown, (keyof typeof predicates)[]]>([
    ['409 Conflict', answer(409, 'Conflict'), ['isConflict']],
    ['409 AlreadyExists', answer(409, 'AlreadyExists'), ['isAlreadyExists']],
    ['409 without a reason', answer(409), []],
    ['404 NotFound', answer(404, 'NotFound'), ['isNotFound']],
    ['404 NotFound of a kind that is not served', answer(404, 'NotFound', {}), []],
    ['404 from a proxy', apiErrorOf(request, { status: 404, body: 'no such host' }), []],
    ['422 Invalid', answer(422, 'Invalid'), ['isInvalid']],
    ['403 Forbidden', answer(403, 'Forbidden'), ['isForbidden']],
    ['410 Expired', answer(410, 'Expired'), ['isGone']],
    ['410 Gone', answer(410, 'Gone'), ['isGone']],
    ['429', answer(429, 'TooManyRequests'), ['isTooManyRequests']],
    ['504 Timeout', answer(504, 'Timeout'), ['isUnknownOutcome']],
    ['500', answer(500), ['isUnknownOutcome']],
    [
      '500 for two containers of one name',
      apiErrorOf(request, {
        status: 500,
        body: '{"kind":"Status","message":"failed to create typed patch object (/web-0; apps/v1, Kind=StatefulSet): ..."}',
      }),
      ['isMisfit', 'isUnknownOutcome'],
    ],
    ['a reset connection', reset, ['isUnknownOutcome']],
    ['a refused connection', refused, []],
    ['any other error', new Error('409 Conflict'), []],
  ])('%s', ([, error, expected]) => {
    const holds = Object.entries(predicates).flatMap(([name, predicate]) => (predicate(error) ? [name] : []));
    expect(holds).toEqual(expected);
  });
});

test('a failed exchange says whether the server can have seen it, and why', () => {
  const errors = [new Error('connect ECONNREFUSED ::1:6443'), new Error('connect ECONNREFUSED 127.0.0.1:6443')];
  const error = new TransportError(request, 'not-sent', new AggregateError(errors));
  expect(error.message).toBe('PATCH /api/v1/namespaces/a/pods/p: not sent: connect ECONNREFUSED ::1:6443');
});
