// SPDX-License-Identifier: BSL-1.0
// mqtt-packet's side: random valid packets as it takes them, what it makes of bytes, and the fields of a packet
// in the form that codec_peer prints.
import mqtt from 'mqtt-packet';

const levels = [0, 1, 2];
const edges = [0x01, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0xfffff, 0x10ffff];
const plain = 'abcdefghijklmnopqrstuvwxyz0189/$ .%=&?';

function anyLength(random) {
  if (random.chance(2000)) return 65535;
  if (random.chance(20)) return random.below(400);
  return random.below(14);
}

// No U+0000, no surrogates, no wildcards; at most `most` bytes.
function anyText(random, most = 65535) {
  const length = Math.min(most, anyLength(random));
  const made = [];
  let size = 0;
  while (size + 4 <= length) {
    let point = plain.charCodeAt(random.below(plain.length));
    if (random.chance(8)) point = random.pick(edges);
    else if (random.chance(6)) point = 0x80 + random.below(0xd800 - 0x80);
    made.push(String.fromCodePoint(point));
    size += Buffer.byteLength(made[made.length - 1]);
  }
  return made.join('') + 'x'.repeat(length - size);
}

const anyName = (random) => anyText(random) || '/';
const anyId = (random) => 1 + random.below(65535);

function anyFilter(random) {
  const parents = random.list(0, 3, () => (random.chance(3) ? '+' : anyText(random, 200)));
  return [...parents, random.pick(['#', '+', 't', 'u'])].join('/');
}

function connect(random) {
  const made = { cmd: 'connect', clientId: anyText(random), keepalive: random.below(65536) };
  made.clean = made.clientId === '' || random.chance(2);
  if (random.chance(2)) {
    made.will = {
      topic: anyName(random),
      payload: random.bytes(anyLength(random)),
      qos: random.pick(levels),
      retain: random.chance(2),
    };
  }
  if (random.chance(2)) made.username = anyText(random);
  if (made.username !== undefined && random.chance(2)) made.password = random.bytes(anyLength(random));
  return made;
}

function connack(random) {
  const returnCode = random.below(6);
  return { cmd: 'connack', returnCode, sessionPresent: returnCode === 0 && random.chance(2) };
}

function publish(random) {
  const qos = random.pick(levels);
  const dup = qos > 0 && random.chance(2);
  const made = { cmd: 'publish', topic: anyName(random), qos, retain: random.chance(2), dup };
  if (qos > 0) made.messageId = anyId(random);
  const head = 2 + Buffer.byteLength(made.topic) + (qos > 0 ? 2 : 0);
  let size = anyLength(random);
  // Where Remaining Length takes another byte.
  if (random.chance(30)) size = Math.max(0, random.pick([127, 128, 16383, 16384]) - head);
  if (random.chance(5000)) size = Math.max(0, random.pick([2097151, 2097152]) - head);
  made.payload = random.bytes(size);
  return made;
}

function subscribe(random) {
  const subscriptions = random.list(1, 4, () => ({ topic: anyFilter(random), qos: random.pick(levels) }));
  return { cmd: 'subscribe', messageId: anyId(random), subscriptions };
}

function unsubscribe(random) {
  return { cmd: 'unsubscribe', messageId: anyId(random), unsubscriptions: random.list(1, 4, () => anyFilter(random)) };
}

function suback(random) {
  return { cmd: 'suback', messageId: anyId(random), granted: random.list(1, 8, () => random.pick([0, 1, 2, 0x80])) };
}

const acknowledgement = (cmd) => (random) => ({ cmd, messageId: anyId(random) });
const empty = (cmd) => () => ({ cmd });

const makers = [
  connect, connect, connect, connect, connack, publish, publish, publish, publish,
  acknowledgement('puback'), acknowledgement('pubrec'), acknowledgement('pubrel'), acknowledgement('pubcomp'),
  subscribe, subscribe, suback, unsubscribe, unsubscribe, acknowledgement('unsuback'),
  (random) => random.pick([empty('pingreq'), empty('pingresp'), empty('disconnect')])(random),
];

export const anyPacket = (random) => random.pick(makers)(random);
export const generate = (packet) => mqtt.generate(packet);

const hex = (value) => Buffer.from(value).toString('hex');

const fields = {
  connect(p) {
    const made = { clientId: hex(p.clientId), clean: p.clean, keepalive: p.keepalive };
    if (p.will) {
      made.will = { topic: hex(p.will.topic), payload: hex(p.will.payload), qos: p.will.qos, retain: p.will.retain };
    }
    if (p.username !== undefined) made.username = hex(p.username);
    if (p.password !== undefined) made.password = hex(p.password);
    return made;
  },
  connack: (p) => ({ sessionPresent: p.sessionPresent, returnCode: p.returnCode }),
  publish(p) {
    const made = { topic: hex(p.topic), qos: p.qos, dup: p.dup, retain: p.retain };
    if (p.messageId !== undefined) made.messageId = p.messageId;
    made.payload = hex(p.payload);
    return made;
  },
  subscribe: (p) => ({
    messageId: p.messageId,
    subscriptions: p.subscriptions.map((s) => ({ topic: hex(s.topic), qos: s.qos })),
  }),
  unsubscribe: (p) => ({ messageId: p.messageId, unsubscriptions: p.unsubscriptions.map(hex) }),
  suback: (p) => ({ messageId: p.messageId, granted: p.granted }),
  pingreq: () => ({}),
  pingresp: () => ({}),
  disconnect: () => ({}),
};

// The order of keys is codec_peer's: texts are compared.
export function fieldsOf(packet) {
  const of = fields[packet.cmd] ?? ((p) => ({ messageId: p.messageId }));
  return JSON.stringify({ cmd: packet.cmd, ...of(packet) });
}

// The fixed header at the start of these bytes, as far as it is there.
export function headerOf(raw) {
  let length = 0;
  for (let width = 1; width <= 4 && width < raw.length; ++width) {
    length += (raw[width] & 0x7f) * 128 ** (width - 1);
    if (raw[width] < 0x80) {
      return { width, length, size: 1 + width + length, padded: width > 1 && raw[width] === 0 };
    }
  }
  return { width: 0, length: 0, size: 0, padded: false };
}

// The packets that mqtt-packet finds in raw, and how it ends: done, incomplete or refused.
export function parse(raw) {
  const parser = mqtt.parser({ protocolVersion: 4 });
  const packets = [];
  let error = null;
  parser.on('packet', (packet) => packets.push(packet));
  parser.on('error', (wrong) => { error ??= wrong.message; });
  try {
    parser.parse(raw);
  } catch (thrown) {
    error ??= `throws: ${thrown.message}`;
  }
  if (error !== null) return { packets, end: 'refused', error };
  let taken = 0;
  for (let i = 0; i < packets.length; ++i) taken += headerOf(raw.subarray(taken)).size;
  return { packets, end: taken === raw.length ? 'done' : 'incomplete', error };
}
