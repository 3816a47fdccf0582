import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { KubeConfig } from '@kubernetes/client-node';
import { describe, expect, test } from 'vitest';

import { base64, writeKubeconfig, type Credentials } from './kubeconfig.ts';
import { scratchFolder } from './testing/scratch.ts';

function write(credentials: Credentials): { readonly path: string; readonly config: KubeConfig } {
  const path = join(scratchFolder(), 'kubeconfig');
  writeKubeconfig(path, { server: 'https://127.0.0.1:6443', authority: 'CA', user: 'alice', credentials });
  const config = new KubeConfig();
  config.loadFromString(readFileSync(path, 'utf8'));
  return { path, config };
}

describe('writeKubeconfig', () => {
  test('writes a cluster that the client library understands', () => {
    const { config } = write({ token: 'secret' });
    expect(config.getCurrentCluster()).toMatchObject({ server: 'https://127.0.0.1:6443', caData: base64('CA') });
  });

  test('writes a token', () => {
    expect(write({ token: 'secret' }).config.getCurrentUser()).toMatchObject({ name: 'alice', token: 'secret' });
  });

  test('writes a client certificate', () => {
    const user = write({ cert: 'CERT', key: 'KEY' }).config.getCurrentUser();
    expect(user).toMatchObject({ name: 'alice', certData: base64('CERT'), keyData: base64('KEY') });
  });

  test('keeps it from other users of the machine', () => {
    expect(statSync(write({ token: 'secret' }).path).mode & 0o777).toBe(0o600);
  });
});
