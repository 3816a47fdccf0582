// Kubernetes quantities ("500Gi", "1e3", "0.5") as exact numbers.
//
// Errors: what is no quantity is `undefined`, never NaN.

const BINARY = ['Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const DECIMAL = ['n', 'u', 'm', '', 'k', 'M', 'G', 'T', 'P', 'E'];
const PATTERN = /^([+-]?)(\d{0,20})(?:\.(\d{0,20}))?(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,2})?$/;
const NANO_DIGITS = 9;

/** A quantity in units of 10⁻⁹, rounded up as the API server does (apimachinery v0.36 resource.ParseQuantity). */
export function parseNano(text: string): bigint | undefined {
  const match = PATTERN.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = ''] = match;
  if (whole === '' && fraction === '') return undefined;
  const digits = BigInt(whole + fraction);
  const binary = BINARY.indexOf(suffix);
  const scale = binary >= 0 ? 1024n ** BigInt(binary + 1) : 1n;
  const exponent = NANO_DIGITS - fraction.length + (binary >= 0 ? 0 : decimalExponent(suffix));
  const value =
    exponent >= 0 ? digits * scale * 10n ** BigInt(exponent) : divideUp(digits * scale, 10n ** BigInt(-exponent));
  return sign === '-' ? -value : value;
}

/** A quantity of storage in whole bytes, rounded up. */
export function parseBytes(text: string): bigint | undefined {
  const nano = parseNano(text);
  return nano === undefined ? undefined : divideUp(nano, 10n ** BigInt(NANO_DIGITS));
}

/** Compares two sizes: negative, zero or positive. What is no quantity counts as less than any. */
export function compareQuantities(a: string, b: string): number {
  if (a === b) return 0;
  const left = parseNano(a);
  const right = parseNano(b);
  if (left === right) return 0;
  if (left === undefined) return -1;
  return right === undefined || left > right ? 1 : -1;
}

function decimalExponent(suffix: string): number {
  if (/^[eE]/.test(suffix) && suffix.length > 1) return Number(suffix.slice(1));
  return (DECIMAL.indexOf(suffix) - DECIMAL.indexOf('')) * 3;
}

function divideUp(dividend: bigint, divisor: bigint): bigint {
  return dividend <= 0n ? dividend / divisor : (dividend + divisor - 1n) / divisor;
}
