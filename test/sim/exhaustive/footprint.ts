// The name of the state of a cluster in which time stands still: two paths that come to the same name go on alike.
//
// It is made of all that can make a difference: every write that was carried out, in order; for each process that
// lives, what it was told and what it waits for; what is on its way beside; and who was killed, and has forgotten what
// it was told. In which order the answers to requests came that one process had sent together is left out: it waits for
// all of them. Were that not so, it would ask for something else, and the state would have another name.
import { createHash } from 'node:crypto';

import type { HttpRequest, HttpResponse } from '../../../src/runtime/client/transport.ts';
import type { ModelServer } from '../model/api-server.ts';
import { textOf } from '../model/http.ts';
import type { Held } from './gate.ts';

export class Footprint {
  #commits = '';
  readonly #killed = new Set<string>();
  /** `process answer`, of those that live. */
  #told: readonly (readonly [by: string, answer: string])[] = [];
  /** By process: its Events, which no gate holds. */
  readonly #sent = new Map<string, string>();

  /** From the next write of that server on. */
  constructor(server: ModelServer) {
    server.onCommit(({ type, object, write }) => {
      this.#commits = hashOf(this.#commits, type, write.by, write.verb, write.subresource ?? '', textOf(object));
    });
  }

  tell(by: string, request: HttpRequest, { status, body }: HttpResponse): void {
    this.#told = [...this.#told, [by, hashOf(...partsOf(request), String(status), body)]];
  }

  send(by: string, request: HttpRequest): void {
    this.#sent.set(by, hashOf(this.#sent.get(by) ?? '', ...partsOf(request)));
  }

  get crashes(): number {
    return this.#killed.size;
  }

  kill(by: string): void {
    this.#killed.add(by);
    this.#told = this.#told.filter(([process]) => process !== by);
  }

  nameWith(held: readonly Held[]): string {
    const waiting = held.map(({ by, request }) => hashOf(by, ...partsOf(request)));
    const told = this.#told.map((one) => one.join(' '));
    const sent = [...this.#sent].map((one) => one.join(' '));
    const sets = [told, sent, waiting, [...this.#killed]].map((set) => set.toSorted().join('\n'));
    return hashOf(this.#commits, ...sets);
  }
}

function partsOf({ method, path, body = '' }: HttpRequest): readonly string[] {
  return [method, path, body];
}

function hashOf(...parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64');
}
