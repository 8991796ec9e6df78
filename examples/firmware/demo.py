#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The firmware in QEMU and a local IoT Hub, step by step. Each step is checked at the hub. Exit code 0 when
nothing was missing. QEMU is the bridge: it connects UART0 to the hub's TCP port, and UART1 to this program.
"""
import argparse
import json
import pathlib
import signal
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "story"))
from cast import Hub, Missing, Program  # noqa: E402
from setting import make_certificates, new_key, write_registry  # noqa: E402

HOST = "localhost"  # the hub's name: in the certificate, in the user name and in the token
DEVICE = "cortex-m3"
SETTINGS_PAGE, SETTINGS_SIZE = 0x3f000, 4096  # board.ld
BEGIN = time.monotonic()


def say(who, what):
    print(f"{time.monotonic() - BEGIN:6.1f} s  {who:<9}{what}", flush=True)


def same(what, got, wanted):
    if got != wanted:
        raise Missing(f"{what}: got {json.dumps(got)}, not {json.dumps(wanted)}")


def settings(key, roots):
    """What a factory writes into the page of settings: the connection string, and the roots as PEM."""
    return f"HostName={HOST};DeviceId={DEVICE};SharedAccessKey={key}\n{roots}"


def start_hub(program, folder, key):
    write_registry(folder / "devices.json", {DEVICE: key})
    hub = Hub([program, "--devices", folder / "devices.json", "--cert", folder / "hub.pem", "--key", folder / "hub.key",
               "--port", "0", "--host-name", HOST, "--stop-at-eof"])
    return hub, hub.event("listening")["port"]


def start_board(image, folder, text, port):
    """-no-reboot, and a deadline of its own, so that nothing is left when this program is killed."""
    page = text.encode()
    if len(page) > SETTINGS_SIZE:
        raise Missing("room in the page of settings")
    (folder / "settings.bin").write_bytes(page.ljust(SETTINGS_SIZE, b"\xff"))  # as erased flash is
    return Program("board", [
        "timeout", "60", "qemu-system-arm", "-M", "lm3s6965evb", "-kernel", image, "-no-reboot",
        "-device", f"loader,file={folder / 'settings.bin'},addr={SETTINGS_PAGE:#x},force-raw=on",
        "-chardev", f"socket,id=line,host=127.0.0.1,port={port}", "-serial", "chardev:line", "-serial", "stdio",
        "-display", "none", "-monitor", "none", "-semihosting-config", "enable=on,target=native"])


def connect(hub, board):
    seen = hub.event("connected", device=DEVICE)
    say("board", board.see_text("TLS is up"))
    board.see_text("connected")
    board.see_text("subscribed")
    say("hub", f"knows the device by its {seen['key']} key")


def telemetry(hub, board):
    seen = hub.event("telemetry", device=DEVICE)
    same("telemetry", (json.loads(seen["payload"])["number"], seen["qos"]), (1, 1))
    same("properties", seen["properties"], {"alert": "yes & no"})
    say("hub", f"got telemetry {seen['payload']} with {json.dumps(seen['properties'])}, QoS 1")
    board.see_text("telemetry 1 is with the hub")
    hub.event("telemetry", lambda event: json.loads(event["payload"])["number"] == 2, device=DEVICE)
    say("hub", "got the next one")


def twin(hub, board):
    hub.read = board.read = 0  # the device asked at once
    hub.event("twin_get", device=DEVICE)
    board.see_text("the twin is '{\"desired\":")
    seen = hub.event("reported", device=DEVICE, status=204)
    same("name of the reported property", list(seen["patch"]), ["firmware"])
    board.see_text("the hub has the reported property")
    stored = hub.answer(hub.ask("twin", device=DEVICE))["twin"]["reported"]
    same("twin", stored["firmware"], seen["patch"]["firmware"])
    say("hub", f"keeps {json.dumps(seen['patch'])} in the twin")


def message(hub, board):
    request = hub.ask("c2d", device=DEVICE, payload="open the window")
    say("board", board.see_text("a message from the cloud: 'open the window'"))
    number = hub.answer(request)["message_id"]
    hub.event("c2d", device=DEVICE, message_id=number, state="completed")
    say("hub", "was told that the device has the message")


def method(hub, board, name, status):
    request = hub.ask("method", device=DEVICE, name=name, payload={"on": True}, timeout=10)
    board.see_text(f"method '{name}' called with '{{\"on\":true}}'")
    answer = hub.answer(request)
    same(f"status of {name}", answer["status"], status)
    say("hub", f"called {name}: {answer['status']} {json.dumps(answer['payload'])}")


def leave(hub, board):
    same("reason", hub.event("disconnected", device=DEVICE)["reason"], "disconnect")
    say("board", board.see_text("stack: "))
    board.see_text("goodbye")
    same("exit code of the board", board.exit_code(), 0)
    hub.ask("quit")
    same("exit code of the hub", hub.exit_code(), 0)
    say("hub", "got a DISCONNECT")


def tell(programs, folder):
    make_certificates(folder)
    key = new_key()
    hub, port = start_hub(programs.hub, folder, key)
    board = start_board(programs.image, folder, settings(key, (folder / "ca.pem").read_text()), port)
    connect(hub, board)
    telemetry(hub, board)
    twin(hub, board)
    message(hub, board)
    method(hub, board, "led", 200)
    method(hub, board, "fly", 404)
    method(hub, board, "stop", 200)
    leave(hub, board)
    if any(key in line for program in Program.started for line in program.lines):
        raise Missing("a key that nobody printed")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--image", required=True, help="what build.sh made")
    parser.add_argument("--hub", required=True, help="the program built from examples/hub_emulator")
    parser.add_argument("--verbose", action="store_true", help="show everything that is printed")
    programs = parser.parse_args()
    Program.verbose = programs.verbose
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, frame: sys.exit(128 + number))  # so that "finally" runs
    with tempfile.TemporaryDirectory(prefix="hubwire-firmware-") as folder:
        try:
            tell(programs, pathlib.Path(folder))
        except (Missing, OSError, RuntimeError, KeyError) as problem:
            print(f"FAILED: {problem}", file=sys.stderr)
            for program in Program.started:
                print(*(f"    {program.name}: {line[:300]}" for line in program.lines[-15:]), sep="\n", file=sys.stderr)
            return 1
        finally:
            Program.end_all()
    return 0


if __name__ == "__main__":
    sys.exit(main())
