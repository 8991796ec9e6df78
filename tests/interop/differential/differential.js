// SPDX-License-Identifier: BSL-1.0
// hubwire and mqtt-packet (npm) on the same packets: 100,000 valid ones, half made by each, and as many mutated.
//   node differential.js CODEC_PEER [SEED]
// Valid packets have to give the same fields and the same bytes on both sides. On mutated ones the two may
// differ only as differences.js says. The default seed makes every run the same.
import { classify, differences } from './differences.js';
import { mutate } from './mutations.js';
import { anyPacket, fieldsOf, generate, headerOf, parse } from './packets.js';
import { Peer } from './peer.js';
import { Random } from './random.js';

const VALID = 50000; // of each side
const MUTATED = 100000;
const BATCH = 2000;
const LARGEST_TO_MUTATE = 1000; // bytes: what is wrong in a megabyte is wrong in a few bytes
const SECONDS = 240;
const SHOWN = 10;

const failures = [];
function fail(what, raw, ...views) {
  failures.push(what);
  if (failures.length > SHOWN) return;
  const shown = raw.length > 200 ? `${raw.toString('hex', 0, 200)}… (${raw.length} bytes)` : raw.toString('hex');
  console.log(`FAILED: ${what}\n  bytes   ${shown}`);
  for (const view of views) console.log(`  ${JSON.stringify(view).slice(0, 600)}`);
}

const request = (raw) => `decode ${raw.toString('hex')}`;
const fieldsOfAnswer = (entry) => JSON.stringify(entry.fields);

// Calls one(count of this batch) until total is reached.
async function inBatches(total, one) {
  for (let done = 0; done < total; done += BATCH) await one(Math.min(BATCH, total - done));
}

// Packets of mqtt-packet: hubwire decodes the same fields and encodes the same bytes.
async function packetsOfStranger(peer, random, corpus) {
  await inBatches(VALID, async (count) => {
    const packets = Array.from({ length: count }, () => anyPacket(random));
    const wires = packets.map(generate);
    const answers = await peer.ask(wires.map(request), count);
    packets.forEach((packet, i) => {
      const answer = JSON.parse(answers[i]);
      const [entry] = answer.packets;
      if (answer.end !== 'done' || answer.packets.length !== 1) fail('not decoded', wires[i], packet, answer);
      else if (fieldsOfAnswer(entry) !== fieldsOf(packet)) fail('fields differ', wires[i], packet, answer);
      else if (entry.again !== 'same') fail('encodes to other bytes', wires[i], answer);
      if (wires[i].length <= LARGEST_TO_MUTATE) corpus.push(wires[i]);
    });
  });
}

// Packets of hubwire: mqtt-packet parses the same fields and generates the same bytes.
async function packetsOfHubwire(peer, random, corpus) {
  await inBatches(VALID, async (count) => {
    const answers = await peer.ask([`make ${random.next()} ${count}`], count);
    for (const text of answers) {
      const { wire, fields } = JSON.parse(text);
      const raw = Buffer.from(wire, 'hex');
      const parsed = parse(raw);
      if (raw.length === 0) fail(`a valid packet is not encoded: ${wire}`, raw, fields);
      else if (parsed.end !== 'done' || parsed.packets.length !== 1) fail('mqtt-packet refuses', raw, fields, parsed);
      else if (fieldsOf(parsed.packets[0]) !== JSON.stringify(fields)) fail('fields differ', raw, fields, parsed);
      else if (!generate(parsed.packets[0]).equals(raw)) fail('mqtt-packet generates other bytes', raw, fields);
      if (raw.length <= LARGEST_TO_MUTATE) corpus.push(raw);
    }
  });
}

// How a side sees the packet with this index: accepted, or how its stream ended before it.
function ourView(answer, index) {
  if (index < answer.packets.length) return { verdict: 'accepted', fields: fieldsOfAnswer(answer.packets[index]) };
  return { verdict: answer.end, statement: answer.statement, error: answer.error };
}
function theirView(parsed, index) {
  if (index < parsed.packets.length) {
    return { verdict: 'accepted', packet: parsed.packets[index], fields: fieldsOf(parsed.packets[index]) };
  }
  return { verdict: parsed.end, error: parsed.error };
}

// The first packet that the two see differently, or null.
function firstDifference(raw, answer, parsed) {
  let offset = 0;
  for (let i = 0; ; ++i) {
    const ours = ourView(answer, i);
    const theirs = theirView(parsed, i);
    if (ours.verdict !== theirs.verdict || ours.fields !== theirs.fields) {
      return { raw: raw.subarray(offset), ours, theirs };
    }
    if (ours.verdict !== 'accepted') return null;
    offset += answer.packets[i].size;
  }
}

// A CONNECT that is read, so that it can be answered with CONNACK 2, and never written.
const isNeverWritten = ({ fields, again }) =>
  again === 'invalid_packet' && fields.cmd === 'connect' && fields.clientId === '' && !fields.clean;

function checkAgain(raw, answer) {
  let offset = 0;
  for (const entry of answer.packets) {
    if (entry.size !== headerOf(raw.subarray(offset)).size) fail('a packet of another size', raw, answer);
    if (entry.again !== 'same' && !isNeverWritten(entry)) fail('encodes to other bytes', raw, answer);
    offset += entry.size;
  }
}

async function mutatedPackets(peer, random, corpus, counts) {
  const verdicts = { done: 0, incomplete: 0, refused: 0 };
  await inBatches(MUTATED, async (count) => {
    const inputs = Array.from({ length: count }, () =>
      mutate(random, random.pick(corpus), random.pick(corpus)));
    const answers = await peer.ask(inputs.map(request), count);
    inputs.forEach((raw, i) => {
      const answer = JSON.parse(answers[i]);
      ++verdicts[answer.end];
      checkAgain(raw, answer);
      const difference = firstDifference(raw, answer, parse(raw));
      if (difference === null) return;
      const row = classify(difference);
      if (row) counts.set(row, counts.get(row) + 1);
      else fail('a difference that no row covers', difference.raw, difference.ours, difference.theirs);
    });
  });
  return verdicts;
}

function printTable(counts) {
  const width = Math.max(...differences.map((row) => row.statement.length));
  console.log(`\n  count  ${'statement'.padEnd(width)}  hubwire     mqtt-packet  what mqtt-packet does`);
  for (const row of differences) {
    console.log(`${String(counts.get(row)).padStart(7)}  ${row.statement.padEnd(width)}  ${row.ours.padEnd(10)}  ` +
      `${row.theirs.padEnd(11)}  ${row.name}`);
  }
}

async function main(program, seed) {
  const started = Date.now();
  const random = new Random(seed);
  const peer = new Peer(program);
  const watchdog = setTimeout(() => {
    peer.fail(`no end after ${SECONDS} s`);
    peer.child.kill('SIGKILL');
  }, SECONDS * 1000);
  const corpus = [];
  const counts = new Map(differences.map((row) => [row, 0]));
  let verdicts;
  try {
    await packetsOfStranger(peer, random, corpus);
    await packetsOfHubwire(peer, random, corpus);
    verdicts = await mutatedPackets(peer, random, corpus, counts);
  } finally {
    clearTimeout(watchdog);
    peer.end();
  }

  printTable(counts);
  for (const row of differences) {
    if (counts.get(row) === 0) failures.push(`never hit: ${row.name} (${row.statement})`);
  }
  const differing = [...counts.values()].reduce((a, b) => a + b, 0);
  console.log(`\nseed ${seed}: ${VALID} packets of mqtt-packet and ${VALID} of hubwire, fields and bytes compared; ` +
    `${MUTATED} mutated ones (hubwire: ${verdicts.done} accepted, ${verdicts.refused} refused, ` +
    `${verdicts.incomplete} incomplete), ${differing} differences in ${differences.length} classes; ` +
    `${((Date.now() - started) / 1000).toFixed(1)} s`);
  for (const failure of failures.slice(0, SHOWN)) console.log(`FAILED: ${failure}`);
  if (failures.length > 0) console.log(`${failures.length} failures`);
  return failures.length === 0 ? 0 : 1;
}

if (process.argv.length < 3) {
  console.log('usage: node differential.js CODEC_PEER [SEED]');
  process.exitCode = 2;
} else {
  process.exitCode = await main(process.argv[2], Number(process.argv[3] ?? 3110001)).catch((wrong) => {
    console.log(`FAILED: ${wrong.stack}`);
    return 1;
  });
}
