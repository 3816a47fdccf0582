// A token bucket for each key, with bounded memory: what client-go v0.36 tools/record.EventSourceObjectSpamFilter does.
import type { Clock } from '../clock.ts';
import { RecentMap } from './recent-map.ts';

export interface TokenBucketOptions {
  /** Tokens of a bucket that is full, as a new one is. */
  readonly burst: number;
  /** Milliseconds until a token comes back. */
  readonly refillMs: number;
  /** Buckets that are remembered; one that is forgotten is full again. */
  readonly maxKeys: number;
  readonly clock: Clock;
}

interface Bucket {
  tokens: number;
  /** Monotonic milliseconds. */
  countedAt: number;
}

export class TokenBuckets {
  readonly #options: TokenBucketOptions;
  readonly #buckets: RecentMap<Bucket>;

  constructor(options: TokenBucketOptions) {
    this.#options = options;
    this.#buckets = new RecentMap(options.maxKeys);
  }

  /** Takes a token of the key's bucket. False: it has none. */
  take(key: string): boolean {
    const { burst, clock } = this.#options;
    const now = clock.monotonic();
    const bucket = this.#buckets.get(key) ?? { tokens: burst, countedAt: now };
    bucket.tokens = this.#tokensOf(bucket);
    bucket.countedAt = now;
    this.#buckets.set(key, bucket);
    if (bucket.tokens < 1) return false;
    bucket.tokens -= 1;
    return true;
  }

  /** Forgets the buckets that are full again. */
  sweep(): void {
    for (const [key, bucket] of this.#buckets.entries())
      if (this.#tokensOf(bucket) >= this.#options.burst) this.#buckets.delete(key);
  }

  /** How many buckets it remembers. */
  get size(): number {
    return this.#buckets.size;
  }

  #tokensOf({ tokens, countedAt }: Bucket): number {
    const { burst, refillMs, clock } = this.#options;
    return Math.min(burst, tokens + (clock.monotonic() - countedAt) / refillMs);
  }
}
