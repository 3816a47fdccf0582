import { describe, expect, test } from 'vitest';

import { releaseOfficial } from './releases.ts';

const LINUX = { os: 'linux', arch: 'amd64' };
const MAC = { os: 'darwin', arch: 'arm64' };
const SUM = 'a'.repeat(64);
const OTHER_SUM = 'b'.repeat(64);

describe('releaseOfficial', () => {
  test('knows where Kubernetes is released', () => {
    expect(releaseOfficial('kube-apiserver', LINUX)).toMatchObject({
      url: 'https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver',
      checksumUrl: 'https://dl.k8s.io/release/v1.36.3/bin/linux/amd64/kube-apiserver.sha256',
    });
  });

  test('knows where etcd is released', () => {
    expect(releaseOfficial('etcd', LINUX)).toMatchObject({
      url: 'https://github.com/etcd-io/etcd/releases/download/v3.6.8/etcd-v3.6.8-linux-amd64.tar.gz',
      checksumUrl: 'https://github.com/etcd-io/etcd/releases/download/v3.6.8/SHA256SUMS',
      member: 'etcd-v3.6.8-linux-amd64/etcd',
    });
  });

  test('knows where kwok is released', () => {
    expect(releaseOfficial('kwok', MAC)).toMatchObject({
      url: 'https://github.com/kubernetes-sigs/kwok/releases/download/v0.8.0/kwok-darwin-arm64',
      checksumUrl: 'https://api.github.com/repos/kubernetes-sigs/kwok/releases/tags/v0.8.0',
    });
  });

  test('knows where Helm is released', () => {
    expect(releaseOfficial('helm', MAC)).toMatchObject({
      url: 'https://get.helm.sh/helm-v4.3.1-darwin-arm64.tar.gz',
      checksumUrl: 'https://get.helm.sh/helm-v4.3.1-darwin-arm64.tar.gz.sha256sum',
      member: 'darwin-arm64/helm',
    });
  });

  test('knows where Prometheus is released', () => {
    expect(releaseOfficial('promtool', MAC)).toMatchObject({
      url: 'https://github.com/prometheus/prometheus/releases/download/v3.15.0/prometheus-3.15.0.darwin-arm64.tar.gz',
      checksumUrl: 'https://github.com/prometheus/prometheus/releases/download/v3.15.0/sha256sums.txt',
      member: 'prometheus-3.15.0.darwin-arm64/promtool',
    });
  });

  test('knows that macOS gets kubectl but no servers', () => {
    expect(releaseOfficial('kubectl', MAC)?.url).toContain('/bin/darwin/arm64/kubectl');
    expect(releaseOfficial('kube-scheduler', MAC)).toBeUndefined();
    expect(releaseOfficial('etcd', MAC)).toBeUndefined();
  });

  test.for([
    { name: 'a file of one sum', tool: 'kubectl', text: `${SUM}\n`, sum: SUM },
    { name: 'a web page instead of a sum', tool: 'kubectl', text: '<html>not found</html>', sum: undefined },
    { name: 'the only line of a list', tool: 'helm', text: `${SUM}  helm-v4.3.1-linux-amd64.tar.gz\n`, sum: SUM },
    {
      name: 'the line of the file in a list',
      tool: 'etcd',
      text: `${OTHER_SUM}  etcd-v3.6.8-linux-arm64.tar.gz\n${SUM}  etcd-v3.6.8-linux-amd64.tar.gz\n`,
      sum: SUM,
    },
    {
      name: 'a list without the file',
      tool: 'etcd',
      text: `${OTHER_SUM}  etcd-v3.6.8-linux-arm64.tar.gz\n`,
      sum: undefined,
    },
    {
      name: 'the digest of the asset',
      tool: 'kwok',
      text: JSON.stringify({
        assets: [
          { name: 'kwokctl-linux-amd64', digest: `sha256:${OTHER_SUM}` },
          { name: 'kwok-linux-amd64', digest: `sha256:${SUM}` },
        ],
      }),
      sum: SUM,
    },
    {
      name: 'an asset without a digest',
      tool: 'kwok',
      text: JSON.stringify({ assets: [{ name: 'kwok-linux-amd64', digest: null }] }),
      sum: undefined,
    },
    {
      name: 'a digest of another kind',
      tool: 'kwok',
      text: JSON.stringify({ assets: [{ name: 'kwok-linux-amd64', digest: `sha512:${SUM}` }] }),
      sum: undefined,
    },
  ] as const)('reads $name', ({ tool, text, sum }) => {
    expect(releaseOfficial(tool, LINUX)?.checksumIn(text)).toBe(sum);
  });
});
