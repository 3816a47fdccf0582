// One request that tells a person, in one line, why an API server cannot be used.
import { TransportError, describeCause } from './api-error.ts';
import type { HttpResponse, Transport } from './transport.ts';

/** @throws Error if the server does not answer or refuses the credentials. Any other answer will do. */
export async function probe(transport: Transport, server: string, origin: string): Promise<void> {
  const response = await ask(transport, server, origin);
  if (response.status !== 401) return;
  throw new Error(
    `the API server at ${server} refused the credentials from ${origin} (401 Unauthorized); have they expired?`,
  );
}

async function ask(transport: Transport, server: string, origin: string): Promise<HttpResponse> {
  try {
    return await transport.request({ method: 'GET', path: '/version', timeoutMs: 10_000 });
  } catch (error) {
    const cause = error instanceof TransportError ? error.cause : error;
    throw new Error(`cannot reach the API server at ${server}: ${explain(cause, origin)}`, { cause: error });
  }
}

/** What Node says, in words, and what to do about it. */
function explain(cause: unknown, origin: string): string {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
  const text = describeCause(cause);
  if (code === 'ECONNREFUSED') return `connection refused; is the cluster up? ${origin} names this server`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `unknown host; check the server in ${origin}`;
  if (/TIMEDOUT|TIMEOUT/.test(code)) return 'no answer; is there a route to it (VPN, firewall)?';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return `${text}; set tls-server-name in ${origin}`;
  if (/CERT|SIGNATURE|ISSUER/.test(code)) {
    return `its certificate is not trusted (${text}); is the certificate-authority in ${origin} this cluster's?`;
  }
  return `${text}; ${origin} names this server`;
}
