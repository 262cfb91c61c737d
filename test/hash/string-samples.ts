// Keys that are bytes inside: strings, uuid, bytea, network and hardware addresses.

import type { Random } from '../sharding/seeded-random.ts';
import { between, hex, type KeySample, pick, sampleOf, withModifier } from './key-sample.ts';

const letters = [...'abcXYZ019 _-éß€日😀', '\\', '"', ',', '{', '\n'];
const textEdges = ['', ' ', 'a', 'a ', 'ä', '日本語', '😀', "it's", 'tab\there', '\\N', 'NULL'];

function randomText(random: Random): string {
  const length = random.below(8) === 0 ? random.below(400) : random.below(30);
  return Array.from({ length }, () => pick(random, letters)).join('');
}

function grouped(text: string, size: number, separator: string): string {
  return text.match(new RegExp(`.{${size}}`, 'g'))!.join(separator);
}

function randomUuid(random: Random): string {
  const plain = hex(random, 16).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  const forms = [plain, plain.toUpperCase(), plain.replaceAll('-', ''), `{${plain}}`];
  return pick(random, forms);
}

function randomBytea(random: Random): string {
  const bytes = random.below(40);
  if (random.below(3) > 0) return `\\x${hex(random, bytes)}`;
  const escapes = ['\\000', '\\377', '\\\\', 'a', ' ', 'é', '\\134', '\\x'.slice(0, 1).repeat(2)];
  return Array.from({ length: bytes }, () => pick(random, escapes)).join('');
}

function randomIpv4(random: Random): string {
  return Array.from({ length: 4 }, () => random.below(256)).join('.');
}

function randomIpv6(random: Random): string {
  const groups = Array.from({ length: 8 }, () => random.below(65_536).toString(16));
  const cut = random.below(7);
  const length = between(random, 1, 7 - cut);
  const short = `${groups.slice(0, cut).join(':')}::${groups.slice(cut + length + 1).join(':')}`;
  const mixed = `${groups.slice(0, 6).join(':')}:${randomIpv4(random)}`;
  return pick(random, [groups.join(':'), short, mixed, groups.join(':').toUpperCase()]);
}

function randomInet(random: Random): string {
  const ipv4 = random.below(2) === 0;
  const address = ipv4 ? randomIpv4(random) : randomIpv6(random);
  return address + pick(random, ['', `/${random.below(ipv4 ? 33 : 129)}`]);
}

/** No bits behind the network's. */
function randomCidr(random: Random): string {
  const bits = random.below(33);
  const address = bits === 0 ? 0 : (random.uint32() & (-1 << (32 - bits))) >>> 0;
  const octets = [24, 16, 8, 0].map(shift => (address >>> shift) & 255).join('.');
  return pick(random, [`${octets}/${bits}`, randomIpv4(random), randomIpv6(random)]);
}

function randomMac(random: Random, bytes: number): string {
  const plain = hex(random, bytes);
  return pick(random, [
    grouped(plain, 2, ':'),
    grouped(plain, 2, '-').toUpperCase(),
    grouped(plain, 4, '.'),
    plain,
  ]);
}

const varchar = sampleOf('varchar', 1043, textEdges, randomText);

export const textSample = sampleOf('text', 25, [...textEdges, 'x'.repeat(3000)], randomText);
const uuidSample = sampleOf(
  'uuid',
  2950,
  ['00000000-0000-0000-0000-000000000000', 'FFFFFFFF-ffff-ffff-ffff-ffffffffffff'],
  randomUuid,
);

export const stringSamples: readonly KeySample[] = [
  textSample,
  varchar,
  uuidSample,
  withModifier(
    sampleOf(
      'varchar',
      1043,
      ['', 'abc', 'ab   ', '     ', 'äöü   ', '日本語 '],
      random => pick(random, ['a', 'bc', '日本', '😀', 'x y']) + ' '.repeat(random.below(6)),
    ),
    'varchar(3)',
    3 + 4,
    ['é😀é    '],
  ),
  sampleOf(
    'bpchar',
    1042,
    [...textEdges, 'a\t', ' a  ', '  '],
    random => randomText(random) + ' '.repeat(random.below(4)),
  ),
  withModifier(
    sampleOf('bpchar', 1042, ['', 'a', 'abcdef', 'abcdef  ', 'é'], random =>
      randomText(random)
        .slice(0, 3)
        .replace(/[\ud800-\udfff]/g, 's'),
    ),
    'char(6)',
    6 + 4,
    [' '],
  ),
  sampleOf('name', 19, ['', 'a', 'x'.repeat(64), 'é'.repeat(40), '😀'.repeat(20)], random =>
    randomText(random)
      .slice(0, 90)
      .replace(/[\ud800-\udfff]/g, 's'),
  ),
  sampleOf('"char"', 18, ['', 'a', ' ', '~', 'abc', '\\'], random =>
    String.fromCharCode(between(random, 1, 127)),
  ),
  sampleOf(
    'bytea',
    17,
    ['', '\\x', '\\x00', '\\xDEADbeef', '\\x de ad\n', 'abc', '\\\\', '\\001', 'é'],
    randomBytea,
  ),
  sampleOf(
    'inet',
    869,
    ['0.0.0.0', '255.255.255.255/32', '10.1.2.3/8', '::', '::1', '::ffff:1.2.3.4/96', '1::/0'],
    randomInet,
  ),
  sampleOf(
    'cidr',
    650,
    ['0.0.0.0/0', '10.0.0.0/8', '10.1.2.3', '::/0', '2001:db8::/32'],
    randomCidr,
  ),
  sampleOf('macaddr', 829, ['00:00:00:00:00:00', '08002b:010203', '08002b-010203'], random =>
    randomMac(random, 6),
  ),
  sampleOf('macaddr8', 774, ['00:00:00:00:00:00:00:00', '08:00:2b:01:02:03'], random =>
    randomMac(random, pick(random, [6, 8])),
  ),
];
