// The demo's rows: the same at every start, computed from the row's number, so that what the
// statements should answer (`demo-facts.ts`) is computed from them too.

export interface User {
  readonly id: number;
  readonly name: string;
  readonly email: string;
  readonly country: string;
  /** `YYYY-MM-DD HH:MM:SS+00`. */
  readonly createdAt: string;
}

export interface Payment {
  readonly id: number;
  readonly userId: number;
  readonly amountCents: number;
  readonly status: string;
  readonly paidAt: string;
}

/** Code and name. */
export const countries: readonly (readonly [string, string])[] = [
  ['BR', 'Brazil'],
  ['CA', 'Canada'],
  ['DE', 'Germany'],
  ['FR', 'France'],
  ['IN', 'India'],
  ['JP', 'Japan'],
  ['KE', 'Kenya'],
  ['MX', 'Mexico'],
  ['SE', 'Sweden'],
  ['US', 'United States'],
];

const firstNames = ['Ada', 'Alan', 'Barbara', 'Donald', 'Edgar', 'Grace', 'Jim', 'Katherine'];
const lastNames = ['Bachman', 'Codd', 'Gray', 'Hopper', 'Johnson', 'Knuth', 'Liskov', 'Lovelace'];
const statuses = ['paid', 'paid', 'paid', 'refunded', 'pending'];

const userCount = 10_000;
const paymentCount = 50_000;

export const users: readonly User[] = Array.from({ length: userCount }, (_, index) => {
  const id = index + 1;
  const mixed = mix(id);
  return {
    id,
    name: `${pick(firstNames, mixed)} ${pick(lastNames, mixed >>> 8)}`,
    email: `user${id}@example.com`,
    // Squared, so that some countries have more users than others.
    country: countries[Math.floor((mixed % 100) ** 2 / 1000)]![0],
    createdAt: moment(mixed % 31_536_000),
  };
});

export const payments: readonly Payment[] = Array.from({ length: paymentCount }, (_, index) => {
  const id = index + 1;
  const mixed = mix(id + userCount);
  return {
    id,
    userId: (mixed % userCount) + 1,
    amountCents: 100 + (mix(mixed) % 99_900),
    status: pick(statuses, mixed >>> 16),
    paidAt: moment(mix(mixed + 1) % 31_536_000),
  };
});

/** `12345` is `123.45`. */
export function decimal(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** A 32-bit mix (the finalizer of MurmurHash3): neighbours differ in every bit. */
function mix(value: number): number {
  let mixed = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

function pick(from: readonly string[], number: number): string {
  return from[number % from.length]!;
}

/** That many seconds into 2025. */
function moment(seconds: number): string {
  const time = new Date(Date.UTC(2025, 0, 1) + seconds * 1000).toISOString();
  return `${time.slice(0, 10)} ${time.slice(11, 19)}+00`;
}
