// Group commit for reads: several that ask for the same at a time are answered by one reading.
//
// Guarantees: a reading answers only those who asked before its first request was sent, so each answer is as new as one
// of their own would be; whoever asks later waits for the next reading, which begins when this one has ended. A reading
// that fails fails for all whom it was to answer, and for nobody else.
// Not guaranteed: that one asker waits for its own requests alone. It waits for at most two readings.

/** Answers a question about `key`. Rejects with what the reading rejects with. */
export type SharedRead<Q, R> = (key: string, question: Q) => Promise<R>;

interface Lane<Q, R> {
  /** Settles when no reading is under way; never rejects. */
  idle: Promise<unknown>;
  /** The reading that has not begun. */
  next: { readonly questions: Q[]; readonly answer: Promise<R> } | undefined;
}

/** @param read one reading, which has to answer all these questions about the key */
export function shareReads<Q, R>(read: (key: string, questions: readonly Q[]) => Promise<R>): SharedRead<Q, R> {
  const lanes = new Map<string, Lane<Q, R>>();
  const plan = (key: string, lane: Lane<Q, R>): NonNullable<Lane<Q, R>['next']> => {
    const questions: Q[] = [];
    const answer = lane.idle.then(() => {
      lane.next = undefined;
      return read(key, questions);
    });
    lane.idle = answer.then(
      () => leave(key, lane),
      () => leave(key, lane),
    );
    return { questions, answer };
  };
  const leave = (key: string, lane: Lane<Q, R>): void => {
    if (lane.next === undefined) lanes.delete(key);
  };
  return (key, question) => {
    const lane = lanes.get(key) ?? { idle: Promise.resolve(), next: undefined };
    lanes.set(key, lane);
    lane.next ??= plan(key, lane);
    lane.next.questions.push(question);
    return lane.next.answer;
  };
}
