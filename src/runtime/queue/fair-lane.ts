// Keys that wait, handed out in turns: one key of each namespace, then the next of each.
//
// Guarantees: within a namespace, what is under way goes before what has not begun, but for every eighth key, and each
// of the two first in, first out. A namespace that comes to wait is behind one key of each that waits already, however
// many those have. Every operation takes constant time (see `shift` for the exception).

/** The namespace of a key, `''` where it has none; as `parseKey`, without an object for each look. */
export function namespaceOf(key: string): string {
  return key.slice(0, Math.max(0, key.indexOf('/')));
}

export class FairLane {
  readonly #keys = new Map<string, Waiting>();
  /** Whose turn it is: the namespaces of `#keys`, each once. */
  readonly #turns = new Fifo();
  #size = 0;

  /** How many keys wait. */
  get size(): number {
    return this.#size;
  }

  /** The key must not be in it. */
  push(key: string, isUnderWay = false): void {
    this.#size += 1;
    const namespace = namespaceOf(key);
    const waiting = this.#keys.get(namespace);
    if (waiting !== undefined) return waiting.push(key, isUnderWay);
    const first = new Waiting();
    first.push(key, isUnderWay);
    this.#keys.set(namespace, first);
    this.#turns.push(namespace);
  }

  /** The key must be in it. */
  delete(key: string): void {
    const namespace = namespaceOf(key);
    const waiting = this.#keys.get(namespace);
    if (waiting === undefined) return;
    this.#size -= 1;
    waiting.delete(key);
    if (waiting.size > 0) return;
    this.#keys.delete(namespace);
    this.#turns.delete(namespace);
  }

  /**
   * The next key of a namespace that may have one, or undefined. One that may not loses its turn: it costs a look each time,
   * so few should be refused at a time.
   */
  shift(mayHave: (namespace: string) => boolean): string | undefined {
    for (let looks = this.#turns.size; looks > 0; looks -= 1) {
      const namespace = this.#turns.shift();
      if (namespace === undefined) return undefined;
      const waiting = mayHave(namespace) ? this.#keys.get(namespace) : undefined;
      const key = waiting?.shift();
      if (waiting?.size === 0) this.#keys.delete(namespace);
      else this.#turns.push(namespace);
      if (key === undefined) continue;
      this.#size -= 1;
      return key;
    }
    return undefined;
  }
}

/** While keys of both kinds wait, one hand-out of so many is for one that has not begun. */
const BEGINNERS_TURN = 8;

/** The keys of one namespace. */
class Waiting {
  readonly #underWay = new Fifo();
  readonly #others = new Fifo();
  /** Hand-outs since one of the others had its turn, or began to wait for it. */
  #sinceOther = 0;

  get size(): number {
    return this.#underWay.size + this.#others.size;
  }

  push(key: string, isUnderWay: boolean): void {
    (isUnderWay ? this.#underWay : this.#others).push(key);
  }

  delete(key: string): void {
    this.#underWay.delete(key);
    this.#others.delete(key);
  }

  shift(): string | undefined {
    const isOthersTurn = this.#others.size > 0 && this.#sinceOther >= BEGINNERS_TURN - 1;
    if (isOthersTurn || this.#underWay.size === 0) {
      this.#sinceOther = 0;
      return this.#others.shift();
    }
    this.#sinceOther = this.#others.size === 0 ? 0 : this.#sinceOther + 1;
    return this.#underWay.shift();
  }
}

/** First in, first out, each once, with removal from the middle. */
class Fifo {
  readonly #items = new Set<string>();
  // One living iterator: a fresh one per shift would walk over the holes that V8 leaves for deleted items (quadratic).
  #front = this.#items.values();

  get size(): number {
    return this.#items.size;
  }

  push(item: string): void {
    this.#items.add(item);
  }

  delete(item: string): void {
    this.#items.delete(item);
  }

  shift(): string | undefined {
    if (this.#items.size === 0) return undefined;
    let next = this.#front.next();
    if (next.done) {
      this.#front = this.#items.values();
      next = this.#front.next();
    }
    if (next.done) return undefined;
    this.#items.delete(next.value);
    return next.value;
  }
}
