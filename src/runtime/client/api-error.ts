// What can go wrong in one exchange with an API server: an answer that says no (`ApiError`), or no complete answer
// (`TransportError`). The predicates below are the only place that knows which code and reason mean what.
import type { HttpRequest, HttpResponse } from './transport.ts';

/** One finding of a refusal, as `metav1.StatusCause`: which field, and why. */
export interface StatusCause {
  readonly reason?: string;
  readonly message?: string;
  readonly field?: string;
}

/** The fields of `metav1.Status` that we read. */
export interface StatusBody {
  readonly code?: number;
  readonly reason?: string;
  readonly message?: string;
  readonly details?: {
    readonly name?: string;
    readonly kind?: string;
    readonly causes?: readonly StatusCause[];
    readonly retryAfterSeconds?: number;
  };
}

type RequestLine = Pick<HttpRequest, 'method' | 'path'>;

/** The API server answered with an error. Its text reads `<method> <path>: <code> <reason>: <message>`. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly code: number;
  /** `metav1.StatusReason`, for example `Conflict`; `''` where the answer names none (a proxy's, for example). */
  readonly reason: string;
  /** The object that the answer is about; `''` where it names none. */
  readonly objectName: string;
  readonly causes: readonly StatusCause[];
  /** What the server says, without the request; `''` where it says nothing. */
  readonly detail: string;
  /** How long the server asks to wait before the next request. */
  readonly retryAfterMs: number | undefined;

  constructor(request: RequestLine, status: StatusBody & { readonly code: number }, retryAfterMs?: number) {
    const { code, reason = '', message = '', details = {} } = status;
    const path = withoutQuery(request.path);
    super(`${request.method} ${path}: ${[`${code} ${reason}`.trim(), message].filter(Boolean).join(': ')}`);
    this.method = request.method;
    this.path = path;
    this.code = code;
    this.reason = reason;
    this.objectName = details.name ?? '';
    this.causes = details.causes ?? [];
    this.detail = message;
    const { retryAfterSeconds = 0 } = details;
    this.retryAfterMs = retryAfterMs ?? (retryAfterSeconds > 0 ? retryAfterSeconds * 1000 : undefined);
  }
}

/** No complete answer came. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** `not-sent`: the server has certainly not seen the request. `unknown`: it may have carried it out. */
  readonly outcome: 'not-sent' | 'unknown';

  constructor(request: RequestLine, outcome: 'not-sent' | 'unknown', cause: unknown) {
    const what = outcome === 'not-sent' ? 'not sent' : 'no complete answer';
    super(`${request.method} ${withoutQuery(request.path)}: ${what}: ${describeCause(cause)}`, { cause });
    this.outcome = outcome;
  }
}

/** The error in an answer of status 400 or more. Takes any body: a proxy in between may not speak JSON. */
export function apiErrorOf(
  request: RequestLine,
  response: Omit<HttpResponse, 'headers'> & Partial<HttpResponse>,
): ApiError {
  const status = parseStatus(response.body);
  const seconds = Number(response.headers?.['retry-after'] ?? '');
  return new ApiError(request, { ...status, code: response.status }, seconds > 0 ? seconds * 1000 : undefined);
}

/** Somebody wrote first: discard what was computed and read again. */
export function isConflict(error: unknown): error is ApiError {
  return hasReason(error, 409, 'Conflict');
}

/** A create met an existing object of that name, perhaps one that is being deleted. Shares its code with Conflict. */
export function isAlreadyExists(error: unknown): error is ApiError {
  return hasReason(error, 409, 'AlreadyExists');
}

/**
 * The server knows the kind and has no object of that name. False for a kind that is not served, which answers 404, in
 * part with reason NotFound too, but names no object.
 */
export function isNotFound(error: unknown): boolean {
  return hasReason(error, 404, 'NotFound') && error.objectName !== '';
}

/** The object is refused as it is; sending it again cannot help. */
export function isInvalid(error: unknown): error is ApiError {
  return hasReason(error, 422, 'Invalid');
}

/**
 * The object does not fit the schema that the server has for its kind: an unknown field, a wrong type, or two entries of one
 * key in a list. An apply of it is answered with 500 and no reason (measured on v1.36.3), and repeating cannot help.
 */
export function isMisfit(error: unknown): error is ApiError {
  return hasReason(error, 500, '') && /^failed to (create typed patch object|convert new object)/.test(error.detail);
}

export function isForbidden(error: unknown): error is ApiError {
  return hasReason(error, 403, 'Forbidden');
}

/** Of a refusal: whether it is a ResourceQuota's. The API server has no reason of its own for that. */
export function isQuotaExceeded({ detail }: ApiError): boolean {
  return detail.includes('exceeded quota');
}

/** The resource version or continue token is too old (`Expired` or `Gone`): list again. */
export function isGone(error: unknown): boolean {
  return error instanceof ApiError && error.code === 410;
}

export function isTooManyRequests(error: unknown): boolean {
  return error instanceof ApiError && error.code === 429;
}

/**
 * The write may have been carried out (measured with etcd paused: 15 of 39 writes answered with 504 were). Read again
 * before concluding anything.
 */
export function isUnknownOutcome(error: unknown): boolean {
  if (error instanceof TransportError) return error.outcome === 'unknown';
  return error instanceof ApiError && error.code >= 500;
}

function hasReason(error: unknown, code: number, reason: string): error is ApiError {
  return error instanceof ApiError && error.code === code && error.reason === reason;
}

function parseStatus(body: string): StatusBody {
  try {
    const parsed: unknown = JSON.parse(body);
    if (isStatus(parsed)) return parsed;
  } catch {
    // Not JSON: the text itself is the message.
  }
  return { message: body.trim().slice(0, 300) };
}

function isStatus(value: unknown): value is StatusBody {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'Status';
}

/** The text of an error. Node's connect errors to several addresses have none of their own: the first one's counts. */
export function describeCause(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return describeCause(cause.errors[0]);
  if (!(cause instanceof Error)) return String(cause);
  return cause.message === '' ? cause.name : cause.message;
}

function withoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}
