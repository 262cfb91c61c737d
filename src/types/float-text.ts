// Text form of float4 and float8 as PostgreSQL 12 and later print it with extra_float_digits >= 1:
// the shortest digits that lie strictly inside the value's rounding interval (src/common/d2s.c and
// f2s.c, which do not accept the interval's ends, where JavaScript does).

interface FloatFormat {
  /** Bits of the significand, the hidden one included. */
  readonly significandBits: number;
  /** Exponent of the last bit of a subnormal. */
  readonly exponentMin: number;
  /** Decimal exponents from here on are printed in scientific form (FLT_DIG, DBL_DIG). */
  readonly scientificFrom: number;
}

const single: FloatFormat = { significandBits: 24, exponentMin: -149, scientificFrom: 6 };
const double: FloatFormat = { significandBits: 53, exponentMin: -1074, scientificFrom: 15 };

/** float8out. */
export function formatFloat8(value: number): string {
  return formatFloat(value, double);
}

/** float4out; `value` must be a float4 (`Math.fround`). */
export function formatFloat4(value: number): string {
  return formatFloat(value, single);
}

function formatFloat(value: number, format: FloatFormat): string {
  if (Number.isNaN(value)) return 'NaN';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const magnitude = Math.abs(value);
  if (magnitude === Number.POSITIVE_INFINITY) return `${sign}Infinity`;
  if (magnitude === 0) return `${sign}0`;
  const { digits, exponent } = shortestDigits(magnitude, format);
  return sign + layout(digits, exponent, format.scientificFrom);
}

/** `digits` is d.ddd × 10^exponent. */
function layout(digits: string, exponent: number, scientificFrom: number): string {
  if (exponent < -4 || exponent >= scientificFrom) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const power = String(Math.abs(exponent)).padStart(2, '0');
    return `${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${power}`;
  }
  if (exponent < 0) return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return digits.length > exponent + 1 ? `${whole}.${digits.slice(exponent + 1)}` : whole;
}

/** Exact search by BigInt: value, its neighbours' midpoints and the candidates as integers. */
function shortestDigits(value: number, format: FloatFormat): { digits: string; exponent: number } {
  const exponent = Number(value.toExponential().split('e')[1]);
  const { significand, power } = binaryParts(value, format);
  const atLowerBinade =
    significand === 1n << BigInt(format.significandBits - 1) && power > format.exponentMin;
  // In quarters of the last bit: the interval is narrower below a power of two.
  const centre = significand * 4n;
  const below = centre - (atLowerBinade ? 1n : 2n);
  const above = centre + 2n;
  for (let count = 1; count < 18; count++) {
    // candidate × 10^(exponent - count + 1) against x × 2^(power - 2), all made integers.
    const decimal = exponent - count + 1;
    const left = scale(decimal, 10n) * scale(2 - power, 2n);
    const right = scale(-decimal, 10n) * scale(power - 2, 2n);
    const floor = (centre * right) / left;
    const best = [floor, floor + 1n]
      .filter(digits => digits * left > below * right && digits * left < above * right)
      .sort((a, b) => compareDistance(a, b, left, centre * right))[0];
    if (best === undefined) continue;
    const text = String(best);
    return { digits: text.replace(/0+$/, ''), exponent: decimal + text.length - 1 };
  }
  const [mantissa, power10] = value.toExponential().split('e') as [string, string];
  return { digits: mantissa.replace('.', ''), exponent: Number(power10) };
}

/** Nearer to the target first; of two equally near the even one. */
function compareDistance(a: bigint, b: bigint, unit: bigint, target: bigint): number {
  const distance = (digits: bigint): bigint => {
    const difference = digits * unit - target;
    return difference < 0n ? -difference : difference;
  };
  const left = distance(a);
  const right = distance(b);
  if (left !== right) return left < right ? -1 : 1;
  return a % 2n === 0n ? -1 : 1;
}

/** base^exponent, or 1 for a negative exponent (its share is on the other side). */
function scale(exponent: number, base: bigint): bigint {
  return exponent > 0 ? base ** BigInt(exponent) : 1n;
}

/** value = significand × 2^power, with the format's full significand unless subnormal. */
function binaryParts(value: number, format: FloatFormat): { significand: bigint; power: number } {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const field = Number(bits >> 52n);
  const fraction = bits & ((1n << 52n) - 1n);
  const full = field === 0 ? fraction : fraction | (1n << 52n);
  const power = (field === 0 ? 1 : field) - 1075;
  // A float4 held in a double has zeros where its significand ends.
  const surplus = Math.max(53 - format.significandBits, format.exponentMin - power);
  return { significand: full >> BigInt(surplus), power: power + surplus };
}
