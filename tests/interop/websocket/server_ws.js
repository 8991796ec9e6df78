// SPDX-License-Identifier: BSL-1.0
// npm's ws as a server on 127.0.0.1: see peers.test.py for what its paths do.
//   node server_ws.js BROKER_PORT
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { WebSocketServer } from 'ws';

const broker = Number(process.argv[2]);
const options = (path) => ({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: true, // which the client does not ask for
  maxPayload: path === '/small' ? 1000 : 1 << 20,
  handleProtocols: (offered) => (path !== '/none' && offered.has('mqtt') ? 'mqtt' : false),
});

const bridge = (socket) => {
  const tcp = connect(broker, '127.0.0.1');
  tcp.on('data', (data) => socket.send(data));
  tcp.on('close', () => socket.close(1000));
  tcp.on('error', () => socket.close(1011));
  socket.on('message', (data) => tcp.write(data));
  socket.on('close', () => tcp.end());
};

const behaviours = {
  '/echo': (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })),
  '/small': (socket) => socket.on('message', (data, binary) => socket.send(data, { binary })),
  '/none': () => {},
  '/mqtt': bridge,
  '/text': (socket) => socket.send('a text'),
  '/leave': (socket) => socket.close(1001, 'restart'),
  '/ping': (socket) => {
    socket.on('pong', (payload) => socket.close(payload.toString() === 'are you there' ? 1000 : 1011));
    socket.ping('are you there');
  },
  '/fragments': (socket) => {
    socket.send('frag', { fin: false, binary: true });
    socket.ping('between');
    socket.send('', { fin: false, binary: true });
    socket.send('ments', { fin: true, binary: true });
    socket.close(1000);
  },
};

const server = createServer((request, response) => response.writeHead(404).end());
server.on('upgrade', (request, tcp, head) => {
  const behave = behaviours[request.url];
  if (!behave) {
    tcp.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n');
    return;
  }
  new WebSocketServer(options(request.url)).handleUpgrade(request, tcp, head, (socket) => {
    socket.on('error', () => {});
    socket.on('close', (code) => console.log(`${request.url} ${code}`));
    behave(socket);
  });
});
server.listen(0, '127.0.0.1', () => console.log(`port ${server.address().port}`));
process.stdin.on('end', () => process.exit()).resume(); // ends with who started it
