// A limit in time on one exchange, which the caller may end sooner.

/** A signal that aborts after `timeoutMs` or with `outer`, whichever is first. Call `end` when the exchange is over. */
export function startDeadline(
  timeoutMs: number,
  outer: AbortSignal | undefined,
): { signal: AbortSignal; end: () => void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort(outer?.reason);
  const expire = (): void => controller.abort(new Error(`no answer within ${timeoutMs} ms`));
  const timer = setTimeout(expire, timeoutMs);
  outer?.addEventListener('abort', abort, { once: true });
  if (outer?.aborted) abort();
  const end = (): void => {
    clearTimeout(timer);
    outer?.removeEventListener('abort', abort);
  };
  return { signal: controller.signal, end };
}
