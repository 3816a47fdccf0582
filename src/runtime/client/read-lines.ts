// Splits a byte stream into lines of text.
//
// Guarantees: splits on bytes before decoding, so a character across two chunks stays whole; copies only the lines that
// span chunks; a line above the limit is an error, so that a broken peer cannot fill the memory.

const NEWLINE = 0x0a;

/**
 * Yields every non-empty line, also a last one without its newline.
 *
 * @throws Error for a line of more than `maxLineBytes`, and whatever the stream throws.
 */
export async function* readLines(chunks: AsyncIterable<Buffer>, maxLineBytes: number): AsyncGenerator<string, void> {
  let pending: Buffer[] = [];
  let pendingBytes = 0;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      assertLength(pendingBytes + end - start, maxLineBytes);
      const line = joinLine(pending, chunk, start, end);
      pending = [];
      pendingBytes = 0;
      start = end + 1;
      if (line !== '') yield line;
    }
    if (start < chunk.length) {
      pending.push(chunk.subarray(start));
      pendingBytes += chunk.length - start;
      assertLength(pendingBytes, maxLineBytes);
    }
  }
  if (pendingBytes > 0) yield Buffer.concat(pending).toString('utf8');
}

function joinLine(pending: readonly Buffer[], chunk: Buffer, start: number, end: number): string {
  if (pending.length === 0) return chunk.toString('utf8', start, end);
  return Buffer.concat([...pending, chunk.subarray(start, end)]).toString('utf8');
}

function assertLength(bytes: number, maxLineBytes: number): void {
  if (bytes > maxLineBytes) throw new Error(`a line of more than ${maxLineBytes} bytes`);
}
