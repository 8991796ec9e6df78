// SPDX-License-Identifier: BSL-1.0
// mqtt-packet, for reference: the same packets in JavaScript. Prints one JSON object, operation -> nanoseconds.
//   node mqtt_packet.js MILLISECONDS
import { readFileSync } from 'node:fs'
import mqtt from 'mqtt-packet'

const milliseconds = Number(process.argv[2] ?? 20)

const topic = 'devices/device-0042a/messages/events/%24.ct=application%2Fjson&seq=170'
const filters = ['devices/device-0042a/messages/devicebound/#', '$iothub/methods/POST/#', '$iothub/twin/res/#']
const payload = Buffer.from(Array.from({ length: 128 }, (_, i) => 97 + (i * 7) % 26))
const connect = {
  cmd: 'connect',
  protocolId: 'MQTT',
  protocolVersion: 4,
  clean: true,
  keepalive: 240,
  clientId: 'device-0042a',
  username: 'contoso-hub-001.azure-devices.net/device-0042a/?api-version=2020-09-30&DeviceClientType=c20',
  password: Buffer.from('SharedAccessSignature sr=contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a&' +
    'sig=q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&se=1767225600&skn=primary-device-key-name'),
  will: {
    topic: 'devices/device-0042a/messages/events/state=off',
    payload: Buffer.from('{"status":"offline","rsn":7}'),
    qos: 1,
    retain: false
  }
}

// The packets written down naively.
const number16 = (n) => Buffer.from([n >> 8, n & 255])
const field = (text) => Buffer.concat([number16(Buffer.byteLength(text)), Buffer.from(text)])
function packet (first, ...parts) {
  const body = Buffer.concat(parts)
  const length = []
  let rest = body.length
  do {
    length.push(rest % 128 + (rest >= 128 ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return Buffer.concat([Buffer.from([first, ...length]), body])
}
const bytes = {
  connect: packet(0x10, field('MQTT'), Buffer.from([4, 0xCE]), number16(240), field(connect.clientId),
    field(connect.will.topic), field(connect.will.payload), field(connect.username), field(connect.password)),
  publish: packet(0x32, field(topic), number16(0x1234), payload),
  subscribe: packet(0x82, number16(0x1234), ...filters.flatMap((f, i) => [field(f), Buffer.from([i === 0 ? 1 : 0])])),
  puback: packet(0x40, number16(0x1234)),
  pingreq: packet(0xC0),
  connack: packet(0x20, Buffer.from([1, 0])),
  suback: packet(0x90, number16(0x1234), Buffer.from([1, 0, 0x80]))
}

const encoded = (object, expected) => ({
  run: () => mqtt.generate(object),
  good: (made) => made.equals(expected)
})
function decoded (input, good) {
  const parser = mqtt.parser({ protocolVersion: 4 })
  let last = null
  parser.on('packet', (one) => { last = one })
  return { run: () => { parser.parse(input); return last }, good }
}

const operations = {
  connect_will: encoded(connect, bytes.connect),
  publish_q1_128: encoded({ cmd: 'publish', topic, payload, qos: 1, messageId: 0x1234, retain: false, dup: false }, bytes.publish),
  subscribe_3: encoded({ cmd: 'subscribe', messageId: 0x1234, subscriptions: filters.map((f, i) => ({ topic: f, qos: i === 0 ? 1 : 0 })) }, bytes.subscribe),
  puback: encoded({ cmd: 'puback', messageId: 0x1234 }, bytes.puback),
  pingreq: encoded({ cmd: 'pingreq' }, bytes.pingreq),
  decode_connack: decoded(bytes.connack, (p) => p.cmd === 'connack' && p.sessionPresent && p.returnCode === 0),
  decode_puback: decoded(bytes.puback, (p) => p.cmd === 'puback' && p.messageId === 0x1234),
  decode_suback_3: decoded(bytes.suback, (p) => p.cmd === 'suback' && p.granted.length === 3 && p.granted[2] === 0x80),
  decode_publish_128_unchecked: decoded(bytes.publish, (p) => p.topic === topic && p.payload.equals(payload) && p.messageId === 0x1234)
}

const results = {}
for (const [name, { run, good }] of Object.entries(operations)) {
  if (!good(run())) throw new Error(`${name}: wrong result`)
  let best = Infinity
  for (let batch = 500, end = performance.now() + milliseconds; performance.now() < end;) {
    const start = performance.now()
    for (let i = 0; i < batch; ++i) run()
    best = Math.min(best, (performance.now() - start) / batch)
  }
  results[name] = best * 1e6
}
const version = JSON.parse(readFileSync(new URL('./node_modules/mqtt-packet/package.json', import.meta.url))).version
console.log(JSON.stringify({ library: `mqtt-packet ${version} (node ${process.versions.node})`, ns: results }))
