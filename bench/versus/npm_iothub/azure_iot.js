// SPDX-License-Identifier: BSL-1.0
// Microsoft's SDK for node, for reference: what it makes and reads of IoT Hub's texts. Prints one JSON object,
// operation -> nanoseconds.
//   node azure_iot.js MILLISECONDS
import { readFileSync } from 'node:fs'
import common from 'azure-iot-common'
import authorization from 'azure-iot-common/dist/authorization.js'
import transport from 'azure-iot-device-mqtt'

const milliseconds = Number(process.argv[2] ?? 20)

const device = 'device-0042a'
const resource = 'contoso-hub-001.azure-devices.net/devices/device-0042a'
const signature = 'q8u+NfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE='
const policy = 'primary-device-key-name'
const expiry = 1767225600
const encoded = 'contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a'

// Methods of its transport that need no connection, only what they call on themselves.
const prototype = transport.Mqtt.prototype
const self = {
  _topicTelemetryPublish: common.endpoint.deviceEventPath(device).substring(1) + '/',
  _extractPropertiesFromTopicPart: prototype._extractPropertiesFromTopicPart,
  emitted: undefined,
  emit (name, what) { this.emitted = what }
}

const message = new common.Message('')
message.messageId = '0f8fad5b-d9cb-469f'
message.contentType = 'application/json'
message.contentEncoding = 'utf-8'
message.properties.add('alert', 'temperature-high')

const c2d = 'devices/device-0042a/messages/devicebound/%24.mid=0f8fad5b-d9cb-469f&' +
  '%24.to=%2Fdevices%2Fdevice-0042a%2Fmessages%2FdeviceBound&iothub-ack=full&prio=high&site=plant-7&cmd=set-interval'
const body = Buffer.alloc(0)

const operations = {
  // The SDK's order of properties; hubwire's is the program's.
  telemetry_topic_4: {
    run: () => prototype._getEventTopicFromMessage.call(self, message),
    good: (made) => made === 'devices/device-0042a/messages/events/%24.mid=0f8fad5b-d9cb-469f&' +
      '%24.ct=application%2Fjson&%24.ce=utf-8&alert=temperature-high'
  },
  c2d_iterate: {
    run: () => { prototype._onC2DMessage.call(self, c2d, body); return self.emitted },
    good: (read) => read.messageId === message.messageId && read.properties.count() === 4 &&
      read.properties.getItem(2).key === 'site' && read.properties.getItem(2).value === 'plant-7'
  },
  method_topic: {
    run: () => { prototype._onDeviceMethod.call(self, '$iothub/methods/POST/SetTelemetryInterval/?$rid=1f', body); return self.emitted },
    good: (read) => read.methods.methodName === 'SetTelemetryInterval' && read.requestId === '1f'
  },
  string_to_sign: {
    run: () => authorization.stringToSign(authorization.encodeUriComponentStrict(resource), String(expiry)),
    good: (made) => made === `${encoded}\n${expiry}`
  },
  sas_password: {
    run: () => {
      const token = new common.SharedAccessSignature()
      token.sr = authorization.encodeUriComponentStrict(resource)
      token.sig = authorization.encodeUriComponentStrict(signature)
      token.skn = authorization.encodeUriComponentStrict(policy)
      token.se = expiry
      return token.toString()
    },
    good: (made) => made === `SharedAccessSignature sr=${encoded}&sig=q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&` +
      `skn=${policy}&se=${expiry}`
  }
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
const version = JSON.parse(readFileSync(new URL('./node_modules/azure-iot-device-mqtt/package.json', import.meta.url))).version
console.log(JSON.stringify({ library: `azure-iot-device-mqtt ${version} (node ${process.versions.node})`, ns: results }))
