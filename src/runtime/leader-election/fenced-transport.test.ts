import { describe, expect, test } from 'vitest';

import { isUnknownOutcome, TransportError } from '../client/api-error.ts';
import type { HttpRequest } from '../client/transport.ts';
import { createScriptedTransport } from '../testing/scripted-transport.ts';
import { createFencedTransport, isNotLeading } from './fenced-transport.ts';

function makeTransport() {
  const gate: { refusal: string | undefined } = { refusal: undefined };
  const inner = createScriptedTransport({ request: () => ({ body: { kind: 'Pod' } }) });
  const transport = createFencedTransport(inner, { refusal: () => gate.refusal });
  return { gate, inner, transport };
}

const WRITES: readonly HttpRequest['method'][] = ['POST', 'PUT', 'PATCH', 'DELETE'];

describe('a fenced transport', () => {
  test.for(WRITES)(
    'sends a %s while the fence lets it, and refuses it before it is sent as soon as not',
    async (method) => {
      const { gate, inner, transport } = makeTransport();
      await transport.request({ method, path: '/api/v1/pods?dryRun=All' });
      gate.refusal = 'this replica does not hold the lease';
      const refused: unknown = await transport
        .request({ method, path: '/api/v1/pods?dryRun=All' })
        .catch((e: unknown) => e);
      expect(inner.requests).toHaveLength(1);
      expect(isNotLeading(refused)).toBe(true);
      expect(isUnknownOutcome(refused)).toBe(false);
      expect(String(refused)).toBe(
        `TransportError: ${method} /api/v1/pods: not sent: this replica does not hold the lease`,
      );
    },
  );

  test('has the fence asked once more when the write is about to be sent', async () => {
    const { gate, inner, transport } = makeTransport();
    await transport.request({ method: 'PATCH', path: '/api/v1/pods/a' });
    const [sent] = inner.requests;
    expect(() => sent?.beforeSend?.()).not.toThrow();
    gate.refusal = 'this replica last renewed the lease 12.0 s ago';
    expect(() => sent?.beforeSend?.()).toThrow(gate.refusal);
  });

  test('lets reads and watches pass', async () => {
    const { gate, inner, transport } = makeTransport();
    gate.refusal = 'this replica does not hold the lease';
    await transport.request({ method: 'GET', path: '/api/v1/pods' });
    await transport.stream({ method: 'GET', path: '/api/v1/pods?watch=true' });
    expect(inner.requests).toHaveLength(2);
  });

  test('is not to blame for other errors', () => {
    expect(isNotLeading(new TransportError({ method: 'GET', path: '/' }, 'not-sent', new Error('refused')))).toBe(
      false,
    );
    expect(isNotLeading(new Error('this replica does not hold the lease'))).toBe(false);
  });
});
