# SPDX-License-Identifier: BSL-1.0
# Python's websockets as a server on 127.0.0.1: see peers.test.py for what its paths do.
#   server_websockets.py BROKER_PORT
import asyncio
import http
import sys

import websockets
from websockets.legacy.server import WebSocketServerProtocol, serve

BROKER = int(sys.argv[1])


async def echo(socket):
    async for message in socket:
        await socket.send(message)


async def bridge(socket):
    reader, writer = await asyncio.open_connection("127.0.0.1", BROKER)

    async def outward():
        while data := await reader.read(65536):
            await socket.send(data)
        await socket.close(1000)

    task = asyncio.create_task(outward())
    async for message in socket:
        writer.write(message)
    writer.close()
    await task


async def text(socket):
    await socket.send("a text")
    await socket.wait_closed()


async def leave(socket):
    await socket.close(1001, "restart")


async def ping(socket):
    await asyncio.wait_for(await socket.ping("are you there"), 10)
    await socket.close(1000)


async def fragments(socket):
    async def parts():
        yield b"frag"
        await socket.ping("between")
        yield b""
        yield b"ments"

    await socket.send(parts())
    await socket.close(1000)


BEHAVIOURS = {"/echo": echo, "/small": echo, "/none": echo, "/mqtt": bridge, "/text": text, "/leave": leave, "/ping": ping,
              "/fragments": fragments}


class Protocol(WebSocketServerProtocol):
    async def process_request(self, path, request_headers):
        if path == "/small":
            self.max_size = 1000
        return None if path in BEHAVIOURS else (http.HTTPStatus.NOT_FOUND, [], b"")

    def select_subprotocol(self, client_subprotocols, server_subprotocols):
        return "mqtt" if "mqtt" in client_subprotocols and self.path != "/none" else None


async def handle(socket):
    try:
        await BEHAVIOURS[socket.path](socket)
    except websockets.exceptions.ConnectionClosed:
        pass
    await socket.wait_closed()
    # Which Close frame this side saw, or which one it sent first.
    print(socket.path, socket.close_code, flush=True)


async def main():
    async with serve(handle, "127.0.0.1", 0, create_protocol=Protocol, subprotocols=["mqtt"], close_timeout=1) as server:
        print("port", server.sockets[0].getsockname()[1], flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)  # ends with who started it


asyncio.run(main())
