// Who may talk to the control plane: its certificate authority, the administrator's token, and kubeconfigs for anyone.
import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { writeKubeconfig } from './kubeconfig.ts';
import { newAuthority, newClientPair, newKey, newServingPair } from './pki.ts';

const ADMIN = 'admin';
const MASTERS = 'system:masters';

export interface Admin {
  /** The certificate authority, PEM. */
  readonly authority: string;
  /** The bearer token of a user in group system:masters. */
  readonly token: string;
}

/** Writes keys, certificates and the token file into the control plane's folder. */
export function prepareCredentials(dir: string): Admin {
  const authority = newAuthority();
  const serving = newServingPair(authority);
  const serviceAccount = newKey();
  const files = {
    'ca.crt': authority.cert,
    'ca.key': authority.key,
    'serving.crt': serving.cert,
    'serving.key': serving.key,
    'service-account.pub': serviceAccount.publicKey,
    'service-account.key': serviceAccount.privateKey,
  };
  mkdirSync(join(dir, 'pki'));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(dir, 'pki', name), text, { mode: 0o600 });
  const token = randomBytes(24).toString('hex');
  writeFileSync(join(dir, 'tokens.csv'), `${token},${ADMIN},${ADMIN},"${MASTERS}"\n`, { mode: 0o600 });
  return { authority: authority.cert, token };
}

/** Writes the administrator's kubeconfig and those of the components; they are found with `kubeconfigPath`. */
export function writeSystemKubeconfigs(dir: string, server: string, { authority, token }: Admin): void {
  writeKubeconfig(kubeconfigPath(dir, ADMIN), { server, authority, user: ADMIN, credentials: { token } });
  writeUserKubeconfig({ dir, server, user: 'system:kube-controller-manager' });
  writeUserKubeconfig({ dir, server, user: 'system:kube-scheduler' });
  writeUserKubeconfig({ dir, server, user: 'kwok', groups: [MASTERS] });
}

export interface UserKubeconfigOptions {
  /** Of the control plane: `StartedControlPlane.dir`. */
  readonly dir: string;
  readonly server: string;
  readonly user: string;
  /** Default: none but the API server's own system:authenticated. */
  readonly groups?: readonly string[];
}

/**
 * A kubeconfig for any user, with a client certificate: the user needs no registration and has no rights until you bind
 * some to the name or the groups. Works from any process that can read the control plane's folder. Returns its path.
 */
export function writeUserKubeconfig({ dir, server, user, groups = [] }: UserKubeconfigOptions): string {
  const read = (file: string): string => readFileSync(join(dir, 'pki', file), 'utf8');
  const authority = { cert: read('ca.crt'), key: read('ca.key') };
  const credentials = newClientPair(authority, { commonName: user, organizations: groups });
  const path = kubeconfigPath(dir, user);
  writeKubeconfig(path, { server, authority: authority.cert, user, credentials });
  return path;
}

/** Where a user's kubeconfig is, in the control plane's folder. */
export function kubeconfigPath(dir: string, user: string): string {
  return join(dir, `${encodeURIComponent(user)}.kubeconfig`);
}

export function adminKubeconfigPath(dir: string): string {
  return kubeconfigPath(dir, ADMIN);
}
