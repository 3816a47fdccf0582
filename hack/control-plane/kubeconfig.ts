// Kubeconfig files: JSON, which is YAML, readable by their owner alone.
import { writeFileSync } from 'node:fs';

import type { KeyPair } from './pki.ts';

/** How a client proves who it is. */
export type Credentials = { readonly token: string } | KeyPair;

export interface KubeconfigOptions {
  /** `https://127.0.0.1:PORT`. */
  readonly server: string;
  /** The certificate authority, PEM. */
  readonly authority: string;
  readonly user: string;
  readonly credentials: Credentials;
}

/** Writes a kubeconfig with one context to `path`. */
export function writeKubeconfig(path: string, { server, authority, user, credentials }: KubeconfigOptions): void {
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'local',
    contexts: [{ name: 'local', context: { cluster: 'local', user, namespace: 'default' } }],
    clusters: [{ name: 'local', cluster: { server, 'certificate-authority-data': base64(authority) } }],
    users: [{ name: user, user: userOf(credentials) }],
  };
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
}

export function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}

function userOf(credentials: Credentials): Readonly<Record<string, string>> {
  if ('token' in credentials) return { token: credentials.token };
  return {
    'client-certificate-data': base64(credentials.cert),
    'client-key-data': base64(credentials.key),
  };
}
