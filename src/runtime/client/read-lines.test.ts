import { array, assert, asyncProperty, integer, string } from 'fast-check';
import { describe, expect, test } from 'vitest';

import { collect } from '../testing/collect.ts';
import { readLines } from './read-lines.ts';

async function linesOf(chunks: readonly (string | Buffer)[], maxLineBytes = 100): Promise<string[]> {
  async function* stream(): AsyncGenerator<Buffer> {
    for (const chunk of chunks) yield Buffer.from(chunk);
  }
  return collect(readLines(stream(), maxLineBytes));
}

describe('readLines', () => {
  test.for<[string, string[], string[]]>([
    ['several lines of one chunk', ['a\nb\nc\n'], ['a', 'b', 'c']],
    ['a line of several chunks', ['a', 'b', 'c\nd', '\n'], ['abc', 'd']],
    ['a newline of its own', ['a', '\n', 'b\n'], ['a', 'b']],
    ['a last line without a newline', ['a\nb'], ['a', 'b']],
    ['no line at all', [], []],
    ['empty lines, which it drops', ['\n\na\n\n'], ['a']],
  ])('reads %s', async ([, chunks, lines]) => {
    expect(await linesOf(chunks)).toEqual(lines);
  });

  test('keeps every line whole, wherever the bytes are cut', async () => {
    const line = string({ unit: 'grapheme', minLength: 1 }).filter((text) => !text.includes('\n'));
    await assert(
      asyncProperty(array(line), array(integer({ min: 1, max: 5 }), { minLength: 1 }), async (lines, sizes) => {
        const bytes = Buffer.from(lines.map((text) => `${text}\n`).join(''));
        expect(await linesOf(cut(bytes, sizes), 1_000)).toEqual(lines);
      }),
    );
  });

  test('refuses a line above the limit, complete or not', async () => {
    expect(await linesOf(['1234\n'], 4)).toEqual(['1234']);
    await expect(linesOf(['12345\n'], 4)).rejects.toThrow('a line of more than 4 bytes');
    await expect(linesOf(['123', '45'], 4)).rejects.toThrow('a line of more than 4 bytes');
  });

  test('hands out the lines before the stream breaks, then the error', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield Buffer.from('a\nb');
      throw new Error('read ECONNRESET');
    }
    const lines = readLines(broken(), 100);
    expect(await lines.next()).toEqual({ done: false, value: 'a' });
    await expect(lines.next()).rejects.toThrow('read ECONNRESET');
  });
});

function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  for (let start = 0, i = 0; start < bytes.length; i += 1) {
    const end = start + (sizes[i % sizes.length] ?? 1);
    chunks.push(bytes.subarray(start, end));
    start = end;
  }
  return chunks;
}
