import { describe, expect, test } from 'vitest';

import { SERVICE_ACCOUNT_TOKEN, findKubeconfig, type Environment } from './kubeconfig-source.ts';

const HOME_CONFIG = '/home/jane/.kube/config';
const inPod: Environment = { KUBERNETES_SERVICE_HOST: '10.0.0.1', HOME: '/home/jane' };

function find(explicit: string | undefined, environment: Environment, files: readonly string[]) {
  return findKubeconfig(explicit, environment, (path) => files.includes(path));
}

describe('findKubeconfig', () => {
  const everything = ['/x', '/a', '/b', SERVICE_ACCOUNT_TOKEN, HOME_CONFIG];
  test.for([
    { name: 'an explicit file first', explicit: '/x', environment: { ...inPod, KUBECONFIG: '/a' }, files: ['/x'] },
    {
      name: 'then KUBECONFIG',
      explicit: undefined,
      environment: { ...inPod, KUBECONFIG: '/a:/b' },
      files: ['/a', '/b'],
    },
    { name: 'the listed files that exist', explicit: undefined, environment: { KUBECONFIG: ':/no:/b' }, files: ['/b'] },
    {
      name: 'home when it is not in a pod',
      explicit: undefined,
      environment: { HOME: '/home/jane' },
      files: [HOME_CONFIG],
    },
  ])('uses $name', ({ explicit, environment, files }) => {
    expect(find(explicit, environment, everything)).toEqual({ type: 'files', files });
  });

  test('uses the service account in a pod, before home', () => {
    expect(find(undefined, inPod, everything)).toEqual({ type: 'in-cluster' });
    expect(find(undefined, inPod, [HOME_CONFIG])).toEqual({ type: 'files', files: [HOME_CONFIG] });
  });

  test.for([
    { explicit: '/no', environment: {}, text: 'there is no file /no; check --kubeconfig' },
    {
      explicit: undefined,
      environment: { KUBECONFIG: '/no' },
      text: 'there is no file /no; check the variable KUBECONFIG',
    },
    { explicit: undefined, environment: { HOME: '/home/jane' }, text: `${HOME_CONFIG}; give --kubeconfig <file>` },
  ])('says what is missing and what to do: $text', ({ explicit, environment, text }) => {
    expect(() => find(explicit, environment, [])).toThrow(text);
  });
});
