import { createPrivateKey, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:https';
import { createServer, type TLSSocket } from 'node:tls';

import { describe, expect, onTestFinished, test } from 'vitest';

import { newAuthority, newClientPair, newServingPair } from './pki.ts';

const authority = newAuthority();

describe('certificates', () => {
  test('are signed by their authority, and by no other', () => {
    const { cert } = newServingPair(authority);
    const key = new X509Certificate(authority.cert).publicKey;
    const otherKey = new X509Certificate(newAuthority().cert).publicKey;
    expect([new X509Certificate(cert).verify(key), new X509Certificate(cert).verify(otherKey)]).toEqual([true, false]);
  });

  test('of an authority say that they are one, the others do not', () => {
    const isAuthority = [authority, newServingPair(authority)].map(({ cert }) => new X509Certificate(cert).ca);
    expect(isAuthority).toEqual([true, false]);
  });

  test('are valid from an hour ago for a year', () => {
    const { validFrom, validTo } = new X509Certificate(newServingPair(authority).cert);
    const fromHours = (Date.parse(validFrom) - Date.now()) / 3_600_000;
    const toDays = (Date.parse(validTo) - Date.now()) / 86_400_000;
    expect([Math.round(fromHours), Math.round(toDays)]).toEqual([-1, 365]);
  });

  test('belong to their private key', () => {
    const { cert, key } = newClientPair(authority, { commonName: 'alice' });
    expect(new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))).toBe(true);
  });

  test('name the user and every group, also in other scripts and lengths', () => {
    const organizations = ['system:masters', 'équipe', 'x'.repeat(300)];
    const { subject } = new X509Certificate(newClientPair(authority, { commonName: 'alice', organizations }).cert);
    expect(subject.split('\n')).toEqual([...organizations.map((name) => `O=${name}`), 'CN=alice']);
  });

  test('serve a client that trusts the authority, and show who the client is', async () => {
    const serving = newServingPair(authority);
    const names: unknown[] = [];
    const server = createServer({ ...serving, ca: authority.cert, requestCert: true }, (socket: TLSSocket) => {
      names.push(socket.authorized, socket.getPeerCertificate().subject.CN);
      socket.end('HTTP/1.1 204 No Content\r\n\r\n');
    });
    onTestFinished(() => void server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const client = newClientPair(authority, { commonName: 'alice' });
    const call = request({ host: '127.0.0.1', port, ca: authority.cert, ...client, agent: false }).end();
    const [response] = await once(call, 'response');
    expect([response.statusCode, ...names]).toEqual([204, true, 'alice']);
  });
});
