import fc from 'fast-check';
import { describe, expect, test } from 'vitest';

import { compareQuantities, parseBytes, parseNano } from './quantity.ts';

const GI = 1024n ** 3n;

describe('parseBytes', () => {
  test.for<[name: string, text: string, bytes: bigint]>([
    ['reads a plain number', '42', 42n],
    ['reads a sign', '+42', 42n],
    ['reads binary suffixes', '500Gi', 500n * GI],
    ['reads the largest binary suffix', '3Ei', 3n * 1024n ** 6n],
    ['reads decimal suffixes', '2G', 2_000_000_000n],
    ['takes E alone as exa', '1E', 10n ** 18n],
    ['takes E with digits as an exponent', '1E3', 1000n],
    ['reads a negative exponent, rounded up', '15e-1', 2n],
    ['reads a fraction of a binary suffix exactly', '0.5Gi', GI / 2n],
    ['reads a fraction without its zero', '.5Gi', GI / 2n],
    ['reads a number that ends in its point', '1.', 1n],
    ['rounds less than a byte up to one', '1m', 1n],
    ['reads negative sizes, so that a rule can refuse them', '-1Gi', -GI],
    ['reads sizes beyond 64 bits exactly', '99999999999999999999Ei', 99999999999999999999n * 1024n ** 6n],
    ['reads zero', '0', 0n],
  ])('%s', ([, text, bytes]) => {
    expect(parseBytes(text)).toBe(bytes);
  });

  test.for([
    ['', 'nothing'],
    ['.', 'a lone point'],
    ['Gi', 'a suffix alone'],
    ['1e1000', 'an exponent of four digits, which would take gigabytes to write out'],
    ['1e', 'an exponent without digits'],
    ['999999999999999999999Ei', 'more than 20 digits'],
    ['1gi', 'a suffix in the wrong case'],
    ['1Gi ', 'a trailing space'],
    ['1 Gi', 'a space inside'],
    ['0x10', 'hexadecimal'],
    ['--1', 'two signs'],
    ['1_000', 'a separator'],
    ['1,5Gi', 'a comma'],
    ['NaN', 'NaN'],
    ['Infinity', 'Infinity'],
    ['١', 'a digit of another script'],
    ['1Gi\n', 'a trailing line break'],
  ])('answers undefined to %j (%s)', ([text]) => {
    expect(parseBytes(text ?? '')).toBeUndefined();
  });
});

describe('parseNano', () => {
  test.for<[text: string, nano: bigint]>([
    ['100n', 100n],
    ['1u', 1_000n],
    ['1m', 1_000_000n],
    ['0.1', 100_000_000n],
    ['1k', 1_000_000_000_000n],
    ['0.0000000001', 1n],
    ['-0.0000000001', -1n],
  ])('reads %s as %s · 10⁻⁹', ([text, nano]) => {
    expect(parseNano(text)).toBe(nano);
  });

  test('never throws, whatever the text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseNano(text);
      }),
    );
  });

  test('reads every integer with every binary suffix exactly', () => {
    const suffixes = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
    fc.assert(
      fc.property(fc.bigInt(0n, 10n ** 18n), fc.nat(suffixes.length - 1), (digits, power) => {
        expect(parseBytes(`${digits}${suffixes[power]}`)).toBe(digits * 1024n ** BigInt(power + 1));
      }),
    );
  });
});

describe('compareQuantities', () => {
  test.for<[a: string, b: string, sign: number]>([
    ['1Gi', '1024Mi', 0],
    ['1000m', '1', 0],
    ['1G', '1Gi', -1],
    ['2Gi', '1Gi', 1],
    ['-1Gi', '0', -1],
    ['no size', '-1Gi', -1],
    ['0', 'no size', 1],
    ['no size', 'neither', 0],
  ])('orders %s and %s: %i', ([a, b, sign]) => {
    expect(Math.sign(compareQuantities(a, b))).toBe(sign);
  });

  test('is antisymmetric, also for what is no quantity', () => {
    const text = fc.oneof(fc.constantFrom('1Gi', '1G', '.5Gi', '1e1000', '', '-1', '1m'), fc.string());
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(compareQuantities(a, b) + compareQuantities(b, a)).toBe(0);
      }),
    );
  });
});
