// SPDX-License-Identifier: BSL-1.0
// Where hubwire and mqtt-packet differ, and who says that hubwire is right. A difference falls under the first
// row whose two verdicts and predicate fit and whose statement hubwire's own diagnosis names; one that falls
// under none fails the run, and so does a row that is never hit.
//   statement   decides the case
//   diagnosis   what hubwire says, where that is another text
//   ours, theirs   refused, accepted or incomplete
//   holds(d)    d.raw: the bytes from the packet on; d.header: its fixed header; d.packet: as mqtt-packet has it
import { headerOf } from './packets.js';

const filtersOf = (p) => p.unsubscriptions ?? (p.subscriptions ?? []).map((s) => s.topic);
const stringsOf = (p) =>
  [p.clientId, p.will?.topic, p.username, p.topic, ...filtersOf(p)].filter((s) => typeof s === 'string');
const levelsOf = (filter) => filter.split('/');
const stringSize = (s) => 2 + Buffer.byteLength(s);
const sum = (numbers) => numbers.reduce((a, b) => a + b, 0);

// The field as it would have to stand in the packet.
function fieldOf(s) {
  const made = Buffer.from('..' + s);
  made.writeUInt16BE(made.length - 2);
  return made;
}
// mqtt-packet puts U+FFFD where bytes are no UTF-8, and then the string is not the one that was received.
const isIllFormed = (s, raw) => s.includes('\ufffd') && !raw.includes(fieldOf(s));

// Bytes of body that the fields take.
function fieldsSize(p) {
  switch (p.cmd) {
    case 'connect':
      return 2 + p.protocolId.length + 4 + stringSize(p.clientId) +
        (p.will ? stringSize(p.will.topic) + 2 + p.will.payload.length : 0) +
        (p.username === undefined ? 0 : stringSize(p.username)) +
        (p.password === undefined ? 0 : 2 + p.password.length);
    case 'publish': return stringSize(p.topic) + (p.qos > 0 ? 2 : 0) + p.payload.length;
    case 'subscribe': return 2 + sum(p.subscriptions.map((s) => stringSize(s.topic) + 1));
    case 'unsubscribe': return 2 + sum(p.unsubscriptions.map(stringSize));
    case 'suback': return 2 + p.granted.length;
    case 'pingreq': case 'pingresp': case 'disconnect': return 0;
    default: return 2;
  }
}

// A # or + where a filter may not have it.
const isMisplacedHash = (level, i, all) => level.includes('#') && (level !== '#' || i + 1 < all.length);
const isMisplacedPlus = (level) => level.includes('+') && level !== '+';

const accepted = { ours: 'refused', theirs: 'accepted' };
// A field that ends behind the packet is one that the Remaining Length does not count.
const tooShort = 'v3.1.1 §2.2.3';

export const differences = [
  // the fixed header
  { name: 'a Remaining Length in more bytes than it needs is taken', statement: 'v3.1.1 §2.2.3', ...accepted,
    holds: (d) => d.header.padded },
  { name: 'a Remaining Length in more bytes than it needs, packet not complete yet', statement: 'v3.1.1 §2.2.3',
    ours: 'refused', theirs: 'incomplete', holds: (d) => d.header.padded },
  { name: 'packet type 0 is waited for', statement: 'v3.1.1 §2.2.1', ours: 'refused', theirs: 'incomplete',
    holds: (d) => d.raw[0] >> 4 === 0 },
  { name: 'AUTH, which MQTT 3.1.1 does not have, is waited for', statement: 'v3.1.1 §2.2.1', ours: 'refused',
    theirs: 'incomplete', holds: (d) => d.raw[0] >> 4 === 15 },
  { name: 'bytes behind the last field are dropped', statement: 'v3.1.1 §2.2.3', ...accepted,
    holds: (d) => fieldsSize(d.packet) < d.header.length },

  // text and topics
  { name: 'ill-formed UTF-8 becomes U+FFFD', statement: 'v3.1.1:MQTT-1.5.3-1', ...accepted,
    holds: (d) => stringsOf(d.packet).some((s) => isIllFormed(s, d.raw)) },
  { name: 'U+0000 in a string', statement: 'v3.1.1:MQTT-1.5.3-2', ...accepted,
    holds: (d) => stringsOf(d.packet).some((s) => s.includes('\0')) },
  { name: 'U+0000 in a topic filter', statement: 'v3.1.1:MQTT-4.7.3-2', ...accepted,
    holds: (d) => filtersOf(d.packet).some((f) => f.includes('\0')) },
  { name: 'U+0000 in a topic name', statement: 'v3.1.1:MQTT-4.7.3-2', ...accepted,
    holds: (d) => (d.packet.topic ?? d.packet.will?.topic ?? '').includes('\0') },
  { name: 'an empty topic name', statement: 'v3.1.1:MQTT-4.7.3-1', ...accepted,
    holds: (d) => d.packet.topic === '' || d.packet.will?.topic === '' },
  { name: 'a wildcard in the topic name of a PUBLISH', statement: 'v3.1.1:MQTT-3.3.2-2', ...accepted,
    holds: (d) => d.packet.cmd === 'publish' && /[#+]/.test(d.packet.topic) },
  { name: 'a wildcard in a will topic', statement: 'v3.1.1:MQTT-4.7.1-1',
    diagnosis: ['v3.1.1:MQTT-3.3.2-2'], ...accepted, holds: (d) => /[#+]/.test(d.packet.will?.topic ?? '') },
  { name: 'an empty topic filter', statement: 'v3.1.1:MQTT-4.7.3-1', ...accepted,
    holds: (d) => filtersOf(d.packet).includes('') },
  { name: '# that is not a last level of its own', statement: 'v3.1.1:MQTT-4.7.1-2', ...accepted,
    holds: (d) => filtersOf(d.packet).some((f) => levelsOf(f).some(isMisplacedHash)) },
  { name: '+ beside other characters of a level', statement: 'v3.1.1:MQTT-4.7.1-3', ...accepted,
    holds: (d) => filtersOf(d.packet).some((f) => levelsOf(f).some(isMisplacedPlus)) },

  // packet identifiers
  { name: 'packet identifier 0', statement: 'v3.1.1:MQTT-2.3.1-1', ...accepted,
    holds: (d) => d.packet.messageId === 0 },
  { name: 'a packet without its packet identifier', statement: 'v3.1.1:MQTT-2.3.1-1',
    diagnosis: [tooShort], ...accepted, holds: (d) => d.packet.messageId === -1 },

  // CONNECT and CONNACK
  { name: 'protocol name MQIsdp', statement: 'v3.1.1:MQTT-3.1.2-1', ...accepted,
    holds: (d) => d.packet.protocolId === 'MQIsdp' },
  { name: 'protocol level 3 or 5', statement: 'v3.1.1:MQTT-3.1.2-2', ...accepted,
    holds: (d) => [3, 5].includes(d.packet.protocolVersion) },
  { name: 'protocol level with the bit of bridges', statement: 'v3.1.1:MQTT-3.1.2-2', ...accepted,
    holds: (d) => d.packet.bridgeMode === true },
  { name: 'will QoS 3', statement: 'v3.1.1:MQTT-3.1.2-14', ...accepted, holds: (d) => d.packet.will?.qos === 3 },
  { name: 'a password without a user name', statement: 'v3.1.1:MQTT-3.1.2-22', ...accepted,
    holds: (d) => d.packet.password !== undefined && d.packet.username === undefined },
  { name: 'a CONNACK without a return code', statement: 'v3.1.1 §3.2.2.3', diagnosis: [tooShort], ...accepted,
    holds: (d) => d.packet.cmd === 'connack' && d.header.length < 2 },
  { name: 'a reserved connect return code', statement: 'v3.1.1 §3.2.2.3', ...accepted,
    holds: (d) => d.packet.returnCode > 5 },
  { name: 'session present in a refusal', statement: 'v3.1.1:MQTT-3.2.2-4', ...accepted,
    holds: (d) => d.packet.sessionPresent && d.packet.returnCode !== 0 },

  // the others
  { name: 'DUP with QoS 0', statement: 'v3.1.1:MQTT-3.3.1-2', ...accepted,
    holds: (d) => d.packet.cmd === 'publish' && d.packet.dup && d.packet.qos === 0 },
  { name: 'DUP with QoS 0, packet not complete yet', statement: 'v3.1.1:MQTT-3.3.1-2', ours: 'refused',
    theirs: 'incomplete', holds: (d) => d.raw[0] >> 4 === 3 && (d.raw[0] & 14) === 8 },
  { name: 'SUBSCRIBE without a filter', statement: 'v3.1.1:MQTT-3.8.3-3', ...accepted,
    holds: (d) => d.packet.cmd === 'subscribe' && d.packet.subscriptions.length === 0 },
  { name: 'SUBACK without a return code', statement: 'v3.1.1 §3.9.3', diagnosis: [tooShort], ...accepted,
    holds: (d) => d.packet.cmd === 'suback' && d.packet.granted.length === 0 },
  { name: 'UNSUBSCRIBE without a filter', statement: 'v3.1.1:MQTT-3.10.3-2', ...accepted,
    holds: (d) => d.packet.cmd === 'unsubscribe' && d.packet.unsubscriptions.length === 0 },

  { name: 'a field is read on into the next packet', statement: tooShort, ...accepted,
    holds: (d) => d.raw.length > d.header.size && fieldsSize(d.packet) > d.header.length },
];

// The row that a difference falls under, or undefined.
export function classify(difference) {
  const d = { ...difference, header: headerOf(difference.raw), packet: difference.theirs.packet };
  return differences.find((row) => row.ours === d.ours.verdict && row.theirs === d.theirs.verdict &&
    (row.diagnosis ?? [row.statement]).includes(d.ours.statement) && row.holds(d));
}
