// Reads a stream to its end.

/** All that the stream yields, once it has ended. */
export async function collect<E>(stream: AsyncIterable<E>): Promise<E[]> {
  const elements: E[] = [];
  for await (const element of stream) elements.push(element);
  return elements;
}
