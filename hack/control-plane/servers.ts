// The two programs that everything else talks to: etcd and kube-apiserver, with their flags.
import { request } from 'node:https';
import { join } from 'node:path';

import { programOf, type Component, type Layout } from './components.ts';

/** Milliseconds that a program may take to say whether it is ready. */
const PROBE_MS = 2_000;

export function etcd(layout: Layout): Component {
  const url = `http://127.0.0.1:${layout.etcdPort}`;
  const args = [
    `--data-dir=${join(layout.dir, 'etcd')}`,
    `--listen-client-urls=${url}`,
    `--advertise-client-urls=${url}`,
    '--listen-peer-urls=http://127.0.0.1:0',
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
  return { name: 'etcd', program: programOf(layout, 'etcd', 'etcd', args), isReady: () => answers(`${url}/readyz`) };
}

export function apiServer(
  layout: Layout,
  name: 'apiserver' | 'apiserver-2',
  port: number,
  admissionPlugins: readonly string[],
): Component {
  const pki = (file: string): string => join(layout.dir, 'pki', file);
  const args = [
    `--etcd-servers=http://127.0.0.1:${layout.etcdPort}`,
    '--bind-address=127.0.0.1',
    '--advertise-address=127.0.0.1',
    `--secure-port=${port}`,
    `--cert-dir=${join(layout.dir, name)}`,
    `--tls-cert-file=${pki('serving.crt')}`,
    `--tls-private-key-file=${pki('serving.key')}`,
    `--client-ca-file=${pki('ca.crt')}`,
    `--token-auth-file=${join(layout.dir, 'tokens.csv')}`,
    '--authorization-mode=RBAC',
    '--service-cluster-ip-range=10.0.0.0/24',
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${pki('service-account.pub')}`,
    `--service-account-signing-key-file=${pki('service-account.key')}`,
    ...admissionPlugins.map((plugin) => `--enable-admission-plugins=${plugin}`),
  ];
  return {
    name,
    program: programOf(layout, name, 'kube-apiserver', args),
    isReady: () => isServerReady(port, layout.authority),
  };
}

async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(PROBE_MS) })).ok;
  } catch {
    return false;
  }
}

function isServerReady(port: number, authority: string): Promise<boolean> {
  return new Promise((resolve) => {
    const signal = AbortSignal.timeout(PROBE_MS);
    const options = { host: '127.0.0.1', port, path: '/readyz', ca: authority, agent: false, signal };
    const call = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    call.on('error', () => resolve(false));
    call.end();
  });
}
