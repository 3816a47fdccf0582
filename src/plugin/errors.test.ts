import { expect, test } from 'vitest';

import { ApiError, TransportError } from '../runtime/client/api-error.ts';
import { CommandError, explain } from './errors.ts';

const PLACE = { server: 'https://api:6443', contextName: 'prod' };
const request = { method: 'GET', path: '/apis/nodefleet.dev/v1alpha1/nodedeployments' } as const;

test.for([
  {
    name: 'missing rights are told in the words of the API server, with the context',
    error: new ApiError(request, { code: 403, reason: 'Forbidden', message: 'User "a" cannot list x' }),
    text: 'User "a" cannot list x; ask for that right, or choose another user with --context (this one is prod)',
  },
  {
    name: 'a cluster without the CRD is told how to get it',
    error: new ApiError(request, { code: 404, reason: 'NotFound' }),
    text: 'https://api:6443 does not know NodeDeployments (context prod); install the CRD: kubectl apply -f crds/',
  },
  {
    name: 'expired credentials are told',
    error: new ApiError(request, { code: 401, reason: 'Unauthorized' }),
    text: 'https://api:6443 refuses the credentials of context prod; have they expired?',
  },
  {
    name: 'a server that went away is named',
    error: new TransportError(request, 'unknown', new Error('other side\nclosed')),
    text: 'https://api:6443 did not answer (GET /apis/nodefleet.dev/v1alpha1/nodedeployments: no complete answer: other side closed); is the cluster up?',
  },
  { name: 'what a command says itself stays', error: new CommandError('no such fleet'), text: 'no such fleet' },
])('$name', ({ error, text }) => {
  expect(explain(error, PLACE)).toBe(text);
});
