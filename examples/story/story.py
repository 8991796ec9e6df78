#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""A device and a local IoT Hub, told step by step. Each step is checked from the other side's output: what
the device did in what the hub saw, and the other way round. Exit code 0 when nothing was missing."""
import argparse
import json
import os
import signal
import sys
import tempfile
import time

from cast import Hub, Missing, Program
from setting import make_certificates, new_key, sas_token, write_registry

HOST = "localhost"  # the hub's name: in the certificate, in user names and in tokens
LOG_TAIL = 25


class Story:
    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = folder
        self.keys = {device: new_key() for device in ("thermostat", "clock", "stranger-1", "stranger-2")}
        self.step = 0
        self.title = "the beginning"
        self.hub = None
        self.port = 0

    # --- telling

    def chapter(self, title):
        self.step += 1
        self.title = title
        print(f"\n{self.step:2}. {title}", flush=True)

    @staticmethod
    def say(who, what):
        print(f"      {who:<8}{what}", flush=True)

    @staticmethod
    def check(condition, what):
        if not condition:
            raise Missing(what)

    def same(self, what, got, wanted):
        self.check(got == wanted, f"{what}: got {json.dumps(got, ensure_ascii=False)}, "
                   f"not {json.dumps(wanted, ensure_ascii=False)}")

    def path(self, name):
        return os.path.join(self.folder, name)

    # --- the cast

    def start_device(self, device, *options, key=None, gateway=False):
        connection = f"HostName={HOST};DeviceId={device};SharedAccessKey={key or self.keys[device]}"
        # A device without a hub gives up in the end, should this script itself be killed.
        command = [self.programs.device, "--ca", self.path("ca.pem"), "--attempts", "5", *options]
        if gateway:  # two ways to say where TCP goes
            connection += f";GatewayHostName={HOST}:{self.port}"
        else:
            command += ["--connect", f"127.0.0.1:{self.port}"]
        return Program(device, command, {"IOTHUB_DEVICE_CONNECTION_STRING": connection})

    # --- the steps

    def tell(self):
        self.certificates()
        self.hub_starts()
        clock = self.start_device("clock", "--token-lifetime", "5", "--interval", "3600")  # for step renewal
        device = self.connects()
        self.telemetry(device)
        self.cloud_to_device(device)
        self.twin(device)
        self.reported(device)
        self.desired(device)
        self.method(device)
        self.killed(device)
        device = self.comes_back()
        self.leaves(device)
        self.wrong_key()
        self.renewal(clock)
        self.mosquitto()
        self.paho()
        self.hub_stops()

    def certificates(self):
        self.chapter("A certificate authority, a certificate for localhost and a key for each device are made")
        make_certificates(self.folder)
        write_registry(self.path("devices.json"), self.keys)
        self.say("devices", ", ".join(self.keys))

    def hub_starts(self):
        self.chapter("The hub starts")
        self.hub = Hub([self.programs.hub, "--devices", self.path("devices.json"), "--cert", self.path("hub.pem"),
                        "--key", self.path("hub.key"), "--host-name", HOST, "--port", "0", "--stop-at-eof"])
        listening = self.hub.event("listening")
        self.port = listening["port"]
        self.say("hub", f"listens on {listening['address']}, port {self.port}, TLS only")
        desired = self.hub.answer(self.hub.ask("desired", device="thermostat", patch={"interval": 60}))
        self.say("service", f"wishes interval = 60 of the thermostat, desired version {desired['version']}")

    def connects(self):
        self.chapter("The device connects over TLS, with a token made from its key")
        device = self.start_device("thermostat", "--interval", "2")
        seen = self.hub.event("connected", device="thermostat")
        self.say("hub", f"knows it by its {seen['key']} key; it is a {seen['client_type']}, "
                 f"API {seen['api_version']}")
        device.see_text("connected")
        return device

    def telemetry(self, device):
        self.chapter("Telemetry, with properties that have to be escaped on the wire")
        seen = self.hub.event("telemetry", device="thermostat")
        self.same("properties", seen["properties"],
                  {"alert": "yes & no", "place": "Halle 3/Süd, 100 % = voll?", "note": ""})
        system = seen["system"]
        self.same("content type", system.get("content-type"), "application/json")
        self.same("content encoding", system.get("content-encoding"), "utf-8")
        self.say("hub", f"got {seen['payload']}")
        self.say("", f"with {json.dumps(seen['properties'], ensure_ascii=False)}")
        device.see_text("telemetry 1 accepted by the hub")
        self.say("device", "has its acknowledgement")

    def cloud_to_device(self, device):
        self.chapter("A cloud-to-device message with a null, an empty and two other properties")
        properties = {"flag": None, "note": "", "level": "3", "text": "50 % = half/half & more, ü"}
        request = self.hub.ask("c2d", device="thermostat", payload="open the window", properties=properties)
        self.say("service", f"sends {json.dumps(properties, ensure_ascii=False)}")
        device.see_text("'open the window'")
        start = device.read
        device.see_text("settled: the hub may forget the message")
        printed = [line.strip() for line in device.lines[start:device.read]]
        for wanted in ("'flag' is null", "'note' is empty", "'level' = '3'",
                       "'text' = '50 % = half/half & more, ü'"):
            self.check(any(line.endswith(wanted) for line in printed), f"the device did not show {wanted}")
            self.say("device", f"saw  {wanted}")
        message = self.hub.answer(request)["message_id"]
        self.hub.event("c2d", device="thermostat", message_id=message, state="completed")
        self.say("hub", "was told that the device is done with it")

    def twin(self, device):
        self.chapter("The device reads its twin")
        device.read = 0  # the device asked at once, long before this step is told
        line = device.see_text("twin, status 200")
        self.check('"interval":60' in line, "the device did not see what the service wished")
        self.say("device", "sees" + line.split("twin, status 200:")[1])

    def reported(self, device):
        self.chapter("The device reports properties")
        self.hub.read = 0  # as above
        self.hub.event("twin_get", device="thermostat")
        seen = self.hub.event("reported", device="thermostat", status=204)
        self.check("firmware" in seen["patch"], "no firmware in the patch")
        self.say("hub", f"took {json.dumps(seen['patch'])}, reported version {seen['version']}")
        device.see_text(f"reported properties accepted, status 204, version {seen['version']}")
        self.say("device", f"has status 204 and version {seen['version']}")
        stored = self.hub.answer(self.hub.ask("twin", device="thermostat"))["twin"]["reported"]
        self.same("firmware in the twin", stored.get("firmware"), seen["patch"]["firmware"])

    def desired(self, device):
        self.chapter("The service changes a desired property")
        answer = self.hub.answer(self.hub.ask("desired", device="thermostat", patch={"interval": 5, "mode": "eco"}))
        version = answer["version"]
        self.say("service", f"wishes interval = 5, mode = eco; desired version {version}")
        line = device.see_text(f"desired properties, version {version}")
        self.check('"interval":5' in line and '"mode":"eco"' in line, "the device saw another wish")
        self.say("device", "sees" + line.split(f"version {version}:")[1])
        seen = self.hub.event("reported", lambda e: e["patch"].get("desiredUpdateSeen") == version,
                              device="thermostat", status=204)
        self.say("hub", f"is told {json.dumps(seen['patch'])}")

    def method(self, device):
        self.chapter("The service calls direct methods")
        for name, payload, status in (("reboot", {"delay": 5}, 202), ("echo", {"say": "ü & more"}, 200),
                                      ("fly", None, 404)):
            request = self.hub.ask("method", device="thermostat", name=name, payload=payload, timeout=10)
            device.see_text(f"method '{name}' called with")
            answer = self.hub.answer(request)
            self.same(f"status of {name}", answer["status"], status)
            if name == "echo":
                self.same("echo", answer["payload"], payload)
            self.say("service", f"called {name}({json.dumps(payload, ensure_ascii=False)}): {answer['status']} "
                     f"{json.dumps(answer['payload'], ensure_ascii=False)}")

    def killed(self, device):
        self.chapter("The device is killed (SIGKILL): no DISCONNECT, so the hub delivers its will")
        device.kill()
        seen = self.hub.event("telemetry", lambda e: e["properties"].get("iothub-MessageType") == "Will",
                              device="thermostat")
        self.same("will", (seen["payload"], seen["properties"].get("reason")),
                  ('{"state":"offline"}', "connection lost"))
        self.say("hub", f"publishes {seen['payload']} with {json.dumps(seen['properties'])}")

    def comes_back(self):
        self.chapter("A message for the absent device waits; it gets it when it comes back")
        request = self.hub.ask("c2d", device="thermostat", payload="welcome back")
        message = self.hub.answer(request)["message_id"]
        self.say("service", "sends a message to the device that is not there")
        device = self.start_device("thermostat", "--interval", "2", gateway=True)
        seen = self.hub.event("connected", device="thermostat")
        self.check(seen["session_present"], "the hub forgot the session")
        device.see_text("connected, the hub remembers the session")
        device.see_text("'welcome back'")
        self.hub.event("c2d", device="thermostat", message_id=message, state="completed")
        self.say("device", "is back, has the message, and settles it")
        return device

    def leaves(self, device):
        self.chapter("The device is told to stop (SIGTERM) and says goodbye: no will this time")
        code = device.stop()
        self.same("exit code", code, 0)
        seen = self.hub.event("disconnected", device="thermostat")
        self.same("reason", seen["reason"], "disconnect")
        self.say("hub", "got a DISCONNECT")

    def wrong_key(self):
        self.chapter("A device with a wrong key is refused")
        device = self.start_device("thermostat", "--attempts", "1", key=new_key())
        seen = self.hub.event("refused", client_id="thermostat")
        self.same("CONNACK", seen["code"], 5)
        self.say("hub", f"refuses with CONNACK {seen['code']}: {seen['reason']}")
        device.see_text("the hub refused with CONNACK 5, not_authorized")
        code = device.exit_code()
        self.same("exit code", code, 3)
        self.say("device", f"understands and ends with exit code {code}")

    def renewal(self, clock):
        self.chapter("A device whose tokens last five seconds renews them in time (it began in step 3)")
        self.hub.read = 0  # it went on behind the other steps
        self.hub.event("connected", device="clock")
        left = self.hub.event("disconnected", device="clock")
        self.same("reason", left["reason"], "disconnect")
        seen = self.hub.event("connected", device="clock")
        self.check(seen["session_present"], "the hub forgot the session")
        clock.see_text("disconnected, to renew the token")
        self.say("hub", f"saw it leave at {left['time'][11:19]} and return at {seen['time'][11:19]}, no will, "
                 "same session")
        self.same("exit code of the device", clock.stop(), 0)

    def mosquitto(self):
        self.chapter("A stranger: mosquitto_pub sends telemetry with QoS 1, is killed, and leaves a will")
        device = "stranger-1"
        folder = f"devices/{device}/messages/events/"
        stranger = Program("mosquitto_pub", [
            "mosquitto_pub", "--cafile", self.path("ca.pem"), "-h", HOST, "-p", str(self.port), "-V", "mqttv311",
            "-i", device, "-u", f"{HOST}/{device}/?api-version=2021-04-12",
            "-P", sas_token(HOST, device, self.keys[device]), "-q", "1", "-t", folder + "by=mosquitto%20%26%20co",
            "--will-topic", folder + "why=gone", "--will-payload", "bye", "--will-qos", "1", "-l"])
        stranger.tell("hello from mosquitto_pub")
        seen = self.hub.event("telemetry", device=device)
        self.same("telemetry", (seen["payload"], seen["properties"], seen["qos"]),
                  ("hello from mosquitto_pub", {"by": "mosquitto & co"}, 1))
        self.say("hub", f"got {seen['payload']!r} with {json.dumps(seen['properties'])}, QoS {seen['qos']}")
        stranger.kill()
        seen = self.hub.event("telemetry", lambda e: e["properties"].get("iothub-MessageType") == "Will",
                              device=device)
        self.same("will", (seen["payload"], seen["properties"].get("why")), ("bye", "gone"))
        self.say("hub", f"publishes the will {seen['payload']!r} with {json.dumps(seen['properties'])}")

    def paho(self):
        self.chapter("Another stranger: Eclipse Paho in Python, telemetry and twin")
        device = "stranger-2"
        script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "strangers", "paho_device.py")
        stranger = Program("paho", [sys.executable, script, HOST, str(self.port), device, self.path("ca.pem")],
                           {"IOTHUB_SAS_TOKEN": sas_token(HOST, device, self.keys[device])})
        seen = self.hub.event("telemetry", device=device)
        self.same("telemetry", (seen["payload"], seen["properties"]), ('{"from":"paho"}', {"made by": "Paho & friends"}))
        self.say("hub", f"got {seen['payload']} with {json.dumps(seen['properties'])}")
        self.hub.event("twin_get", device=device)
        stranger.see_text("twin: $iothub/twin/res/200/?$rid=1 ")
        self.say("paho", "has read its twin")
        seen = self.hub.event("reported", device=device, status=204)
        self.same("patch", seen["patch"], {"stranger": "paho"})
        stranger.see("status 204", lambda line: line.startswith("reported: $iothub/twin/res/204/?")
                     and f"$version={seen['version']}" in line)
        self.say("paho", f"has status 204 and version {seen['version']} for {json.dumps(seen['patch'])}")
        self.same("exit code", stranger.exit_code(), 0)

    def hub_stops(self):
        self.chapter("The hub stops")
        self.hub.ask("quit")
        self.same("exit code", self.hub.exit_code(), 0)
        wills = [line for line in self.hub.lines if '"iothub-MessageType":"Will"' in line]
        self.same("number of wills", len(wills), 2)
        for secret in (*self.keys.values(), "SharedAccessSignature"):
            printed = any(secret in line for program in Program.started for line in program.lines)
            self.check(not printed, "somebody printed a key or a token")
        self.say("hub", "is gone; two wills in all, one for each program that was killed; no key or token was printed")


def show_logs():
    for program in Program.started:
        if program.name == "hub" or program is Program.started[-1] or program.process.poll() is None:
            print(f"\n--- the last lines of {program.name}:", file=sys.stderr)
            for line in program.lines[-LOG_TAIL:]:
                print(f"    {line[:400]}", file=sys.stderr)


def run(programs):
    begin = time.monotonic()
    before = programs.seconds_before
    with tempfile.TemporaryDirectory(prefix="hubwire-story-") as folder:
        story = Story(programs, folder)
        try:
            story.tell()
        except (Missing, OSError, RuntimeError, KeyError) as problem:
            what = f"{type(problem).__name__} {problem}" if not isinstance(problem, Missing) else problem
            print(f"\nFAILED in step {story.step} ({story.title}):\n  {what}", file=sys.stderr)
            show_logs()
            return 1
        except KeyboardInterrupt:
            print(f"\nInterrupted in step {story.step}", file=sys.stderr)
            return 130
        finally:
            Program.end_all()
    took = time.monotonic() - begin
    print(f"\nAll {story.step} steps were seen from the other side, in {took:.0f} s"
          + (f"; {before + took:.0f} s with installing and building." if before is not None else "."))
    return 0


def main():
    parser = argparse.ArgumentParser(description="A device and a local IoT Hub, told step by step.")
    parser.add_argument("--device", required=True, help="the program built from examples/device")
    parser.add_argument("--hub", required=True, help="the program built from examples/hub_emulator")
    parser.add_argument("--seconds-before", type=float, help="what went before took so long: shows the sum")
    parser.add_argument("--verbose", action="store_true", help="show everything that is printed")
    programs = parser.parse_args()
    Program.verbose = programs.verbose
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda number, frame: sys.exit(128 + number))  # so that "finally" runs
    return run(programs)


if __name__ == "__main__":
    sys.exit(main())
