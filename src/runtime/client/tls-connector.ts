// Opens connections for undici: one TLS context for all of them, and a memory of which errors came from connecting.
import { createSecureContext, type ConnectionOptions } from 'node:tls';

import { buildConnector } from 'undici';

const CONNECT_TIMEOUT_MS = 10_000;

/** As `tls.connect` takes them; `servername` is the name that the certificate has to carry, default the URL's host. */
export interface TlsOptions extends Pick<ConnectionOptions, 'ca' | 'cert' | 'key' | 'servername'> {
  readonly insecureSkipVerify?: boolean;
}

/** `isConnectError`: whether the error came from connecting; only those prove that nothing was sent. */
export function createConnector(tls: TlsOptions): {
  connect: buildConnector.connector;
  isConnectError: (error: unknown) => boolean;
} {
  const errors = new WeakSet<Error>();
  let connector: buildConnector.connector | undefined;
  return {
    isConnectError: (error) => error instanceof Error && errors.has(error),
    connect: (options, callback) => {
      const fail = (error: Error): void => {
        errors.add(error);
        callback(error, null);
      };
      try {
        connector ??= buildTlsConnector(tls);
      } catch (cause) {
        return fail(cause instanceof Error ? cause : new Error(String(cause)));
      }
      connector(options, (...[error, socket]) => (error === null ? callback(null, socket) : fail(error)));
    },
  };
}

/** All connections share one context: to read certificates and keys anew takes a millisecond and 75 KiB for each. */
function buildTlsConnector({
  insecureSkipVerify = false,
  servername,
  ...secrets
}: TlsOptions): buildConnector.connector {
  return buildConnector({
    secureContext: createSecureContext(secrets),
    ...(servername === undefined ? {} : { servername }),
    ...(insecureSkipVerify ? { rejectUnauthorized: false } : {}),
    allowH2: false,
    timeout: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
}
