// SPDX-License-Identifier: BSL-1.0
// npm's websocket-driver as an oracle: lines as frames_peer.cpp takes them go in, JSON lines come out.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import driver from 'websocket-driver';

const KEY = 'dGhlIHNhbXBsZSBub25jZQ==';
const acceptOf = (key) =>
  createHash('sha1').update(key + '258EAFA5-E914-47DA-95CA-C5AB0DC85B11').digest('base64');
const request =
  `GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: ${KEY}\r\n` +
  'Sec-WebSocket-Protocol: mqtt\r\nSec-WebSocket-Version: 13\r\n\r\n';
const answerTo = (key) =>
  'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
  `Sec-WebSocket-Accept: ${acceptOf(key)}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`;

// A driver behind a good handshake, and the list of what it has sent.
function opened(role) {
  const sent = [];
  const isClient = role === 'client';
  const made = isClient
    ? driver.client('ws://h/mqtt', { protocols: ['mqtt'] })
    : driver.server({ protocols: ['mqtt'], requireMasking: true });
  made.io.on('data', (data) => sent.push(Buffer.from(data)));
  let open = false;
  made.on('error', () => {});
  made.on('open', () => {
    open = true;
  });
  if (isClient) {
    made.start();
    const key = /Sec-WebSocket-Key: (\S+)/i.exec(Buffer.concat(sent).toString('latin1'))[1];
    made.io.write(Buffer.from(answerTo(key)));
  } else {
    made.on('connect', () => made.start());
    made.io.write(Buffer.from(request));
  }
  if (!open) throw new Error('the handshake failed');
  sent.length = 0;
  return { made, sent };
}

function judge(role, frames) {
  const { made, sent } = opened(role);
  const seen = { messages: [], end: 'open', code: 0 };
  made.on('message', ({ data }) => {
    if (seen.end === 'open') seen.messages.push(typeof data === 'string' ? 'text' : data.toString('hex'));
  });
  made.on('error', () => {
    seen.end = 'failed';
  });
  made.on('close', ({ code }) => {
    if (seen.end === 'open') seen.end = 'closed';
    if (seen.code === 0) seen.code = code;
  });
  made.io.write(frames);
  return { ...seen, output: Buffer.concat(sent).toString('hex') };
}

const lines = createInterface({ input: process.stdin });
for await (const line of lines) {
  const [role, octets] = line.split(' ');
  console.log(JSON.stringify(judge(role, Buffer.from(octets, 'hex'))));
}
