import { expect, test } from 'vitest';

import { kubectlWith } from './kubectl.ts';

test('a command for the user reaches the namespace that was asked about', () => {
  expect(kubectlWith({ namespace: 'prod' })('get pods')).toBe('kubectl get pods -n prod');
});

test('one for a cluster-wide object names no namespace', () => {
  expect(kubectlWith({ namespace: 'prod' }).clusterWide('taint nodes m1 a=b:NoExecute')).toBe(
    'kubectl taint nodes m1 a=b:NoExecute',
  );
});

test('the context and the kubeconfig go along, quoted for a shell', () => {
  const kubectl = kubectlWith({ namespace: 'a', context: "it's", kubeconfig: '/home/me/my config' });
  expect(kubectl('get pods')).toBe(
    String.raw`kubectl get pods -n a --context='it'\''s' --kubeconfig='/home/me/my config'`,
  );
});
