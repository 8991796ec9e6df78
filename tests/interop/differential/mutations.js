// SPDX-License-Identifier: BSL-1.0
// Valid packets made wrong, or right in another way. Most keep Remaining Length in step with what follows,
// since a packet that is merely cut off says little.
import { headerOf } from './packets.js';

const interesting = [0x00, 0x01, 0x02, 0x03, 0x7f, 0x80, 0xff, 0x23, 0x2b, 0x2f, 0xc0, 0xe0, 0xed, 0xef, 0xf4, 0xf5];

function lengthBytes(length) {
  const made = [];
  do {
    made.push((length % 128) | (length >= 128 ? 0x80 : 0));
    length = Math.floor(length / 128);
  } while (length > 0);
  return Buffer.from(made);
}

const bodyOf = (raw) => raw.subarray(1 + headerOf(raw).width);
const framed = (first, body) => Buffer.concat([Buffer.from([first]), lengthBytes(body.length), body]);

function flip(random, raw, within) {
  const made = Buffer.from(raw);
  const position = random.below(Math.min(within, made.length));
  made[position] ^= 1 << random.below(8);
  return made;
}

function withLength(raw, length) {
  return Buffer.concat([raw.subarray(0, 1), lengthBytes(Math.max(0, length)), bodyOf(raw)]);
}

const kinds = {
  flipAnywhere(random, raw) {
    let made = raw;
    for (let count = 1 + random.below(3); count > 0; --count) made = flip(random, made, made.length);
    return made;
  },
  flipEarly: (random, raw) => flip(random, raw, 14),
  setByte(random, raw) {
    const made = Buffer.from(raw);
    made[random.below(made.length)] = random.pick(interesting);
    return made;
  },
  setBodyByte(random, raw) {
    const made = Buffer.from(bodyOf(raw));
    if (made.length > 0) made[random.below(made.length)] = random.pick(interesting);
    return framed(raw[0], made);
  },
  // Field lengths, identifiers and codes: two bytes become 0, or change a little.
  setPair(random, raw) {
    const body = Buffer.from(bodyOf(raw));
    if (body.length < 2) return raw;
    const position = random.below(Math.min(body.length - 1, 24));
    const value = random.chance(2) ? 0 : body.readUInt16BE(position) + random.pick([-2, -1, 1, 2, 256]);
    body.writeUInt16BE(value & 0xffff, position);
    return framed(raw[0], body);
  },
  truncate: (random, raw) => raw.subarray(0, random.below(raw.length)),
  truncateFramed: (random, raw) => framed(raw[0], bodyOf(raw).subarray(0, random.below(bodyOf(raw).length + 1))),
  changeLength: (random, raw) => withLength(raw, bodyOf(raw).length + random.pick([-3, -2, -1, 1, 2, 3, 100])),
  anyLength: (random, raw) => withLength(raw, random.below(random.pick([4, 128, 16384, 268435456]))),
  // The same length in more bytes than it needs.
  padLength(random, raw) {
    const plain = Buffer.from(lengthBytes(bodyOf(raw).length));
    plain[plain.length - 1] |= 0x80;
    const zeros = Buffer.from(random.pick([[0x00], [0x80, 0x00], [0x80, 0x80, 0x00]]));
    return Buffer.concat([raw.subarray(0, 1), plain, zeros, bodyOf(raw)]);
  },
  insert(random, raw) {
    const body = bodyOf(raw);
    const position = random.below(body.length + 1);
    const extra = random.bytes(1 + random.below(3));
    return framed(raw[0], Buffer.concat([body.subarray(0, position), extra, body.subarray(position)]));
  },
  append: (random, raw) => framed(raw[0], Buffer.concat([bodyOf(raw), random.bytes(1 + random.below(4))])),
  remove(random, raw) {
    const body = bodyOf(raw);
    const position = random.below(body.length + 1);
    return framed(raw[0], Buffer.concat([body.subarray(0, position), body.subarray(position + 1 + random.below(3))]));
  },
  splice(random, raw, other) {
    const head = raw.subarray(0, random.below(raw.length + 1));
    return Buffer.concat([head, other.subarray(random.below(other.length + 1))]);
  },
  spliceFramed(random, raw, other) {
    const head = bodyOf(raw).subarray(0, random.below(bodyOf(raw).length + 1));
    return framed(raw[0], Buffer.concat([head, bodyOf(other).subarray(random.below(bodyOf(other).length + 1))]));
  },
  // Rules of CONNECT that chance meets too seldom: its name and level, and flags that contradict each other.
  oldProtocol(random, raw) {
    if (raw[0] !== 0x10) return kinds.flipEarly(random, raw);
    const body = bodyOf(raw);
    const level = Buffer.from([random.pick([3, 4])]);
    return framed(raw[0], Buffer.concat([Buffer.from('\0\x06MQIsdp'), level, body.subarray(7)]));
  },
  connectByte(random, raw) {
    const made = Buffer.from(bodyOf(raw));
    if (raw[0] !== 0x10 || made.length < 8) return kinds.flipEarly(random, raw);
    if (random.chance(2)) made[6] = random.pick([3, 5, 0x83, 0x84, 0x85]);
    else made[7] ^= random.pick([0xc0, 0x80, 0x40, 0x38, 0x18, 0x08, 0x04, 0x01]);
    return framed(raw[0], made);
  },
  emptyFilter(random, raw) {
    const filter = { 0x82: [0, 0, random.below(4)], 0xa2: [0, 0] }[raw[0]];
    return filter ? framed(raw[0], Buffer.concat([bodyOf(raw), Buffer.from(filter)])) : kinds.setPair(random, raw);
  },
  otherHeader: (random, raw, other) => framed(other[0], bodyOf(raw)),
  anyHeader: (random, raw) => framed(random.below(256), bodyOf(raw)),
};

export const kindNames = Object.keys(kinds);

// raw changed in one way or in two, and now and then another packet behind it.
export function mutate(random, raw, other) {
  let made = raw;
  for (let count = random.chance(4) ? 2 : 1; count > 0 && made.length > 0; --count) {
    made = kinds[random.pick(kindNames)](random, made, other);
  }
  return random.chance(4) ? Buffer.concat([made, other]) : made;
}
