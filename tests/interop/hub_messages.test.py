#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# What the emulator does with packets, subscriptions, telemetry and cloud-to-device messages. E numbers are
# IoT Hub behaviours as listed in examples/hub_emulator/README.md.
import base64
import json
import re
import time
import unittest

import hub_fixture as hub
from hub_fixture import C2D, DESIRED, DISCONNECT, METHODS, PINGREQ, PINGRESP, TWIN, packet, puback, publish, subscribe


class Packets(hub.HubTest):
    def closed_by(self, wire):
        client = self.client()
        client.send(wire)
        return client.is_closed()

    def test_E20_qos_2_is_forwarded_and_closes_without_pubrec(self):
        client = self.client()
        client.send(publish(self.events_topic(), "twice", 2, 9))
        self.assert_closes(client, "qos_2")
        self.assertEqual(self.telemetry()["payload"], "twice")

    def test_E21_packets_of_qos_2(self):
        for wire in (packet(0x50, b"\0\1"), packet(0x62, b"\0\1"), packet(0x70, b"\0\1")):
            with self.subTest(wire=wire.hex()):
                self.assertTrue(self.closed_by(wire))

    def test_E21_packets_that_only_a_server_sends(self):
        for wire in (b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x00", b"\xb0\x02\x00\x01", b"\xd0\x00"):
            with self.subTest(wire=wire.hex()):
                self.assertTrue(self.closed_by(wire))
        self.hub.wait_for("disconnected", device=self.device, reason="protocol_error", detail="PINGRESP")

    def test_E22_malformed_packets(self):
        topic = self.events_topic()
        for wire in (publish(topic, "", 3, 1), publish(topic, "", 1, 0), packet(0x38, publish(topic)[2:]),
                     packet(0x80, b"\0\1\0\1a\0"), packet(0x82, b"\0\1"), packet(0x82, b"\0\1\0\1a\3"),
                     packet(0x82, b"\0\0\0\1a\0"), packet(0xA2, b"\0\1"), packet(0xC1), packet(0xC0, b"x"),
                     packet(0xE0, b"x"), packet(0x40, b"\0\0"), b"\x00\x00", b"\xf0\x00",
                     b"\x30\xff\xff\xff\xff\x01", publish("", "x"), publish(topic + "\0", "x"),
                     packet(0x30, b"\0\xff"), publish(topic.encode() + b"\xff", "x")):
            with self.subTest(wire=wire[:40].hex()):
                self.assertTrue(self.closed_by(wire))

    def test_E23_too_large_a_packet_closes_when_its_length_is_known(self):
        client = self.client()
        # The largest payload behind the longest topic fits; this is one byte more.
        client.send(b"\x32" + hub.varint(2 + 65535 + 2 + 256 * 1024 + 1))
        self.assert_closes(client, "packet_exceeds_limit")

    def test_E23_the_largest_message_is_taken(self):
        # What Microsoft's SDK for Node lets through: the topic does not count.
        client = self.client()
        for bag in ("", "%24.mid=", "/" + "y" * 60000):
            client.send(publish(self.events_topic(bag), b"x" * (256 * 1024), 1, 5))
            self.assertEqual(client.receive(), puback(5))
        self.assertEqual(len(self.telemetry()["payload"]), 256 * 1024)

    def test_E23_payload_and_properties_count_together(self):
        # Names and values as they are when decoded; of system properties the values only.
        bag = "n%20n=v%20v&%24.mid=1234&null&empty="  # 3 + 3 + 4 + 4 + 5
        client = self.client()
        client.send(publish(self.events_topic(bag), b"x" * (256 * 1024 - 19), 1, 5))
        self.assertEqual(client.receive(), puback(5))
        client.send(publish(self.events_topic(bag), b"x" * (256 * 1024 - 18), 1, 6))
        self.assert_closes(client, "message_too_large")
        self.hub.wait_for("disconnected", device=self.device, detail=str(256 * 1024 + 1))
        self.assertEqual(self.hub.count("telemetry", device=self.device), 1)

    def test_E24_wildcards_in_a_topic(self):
        for bag in ("a=+", "a=#"):
            with self.subTest(bag=bag):
                self.assertTrue(self.closed_by(publish(self.events_topic(bag), "x")))

    def test_E26_acknowledgements_in_order(self):
        client = self.client()
        client.send(*[publish(self.events_topic(), str(n), 1, n) for n in range(1, 201)])
        for number in range(1, 201):
            self.assertEqual(client.receive(), puback(number))
        self.hub.wait_for("telemetry", device=self.device, payload="200")
        sent = [e["payload"] for e in self.hub.events if e["event"] == "telemetry" and e["device"] == self.device]
        self.assertEqual(sent, [str(n) for n in range(1, 201)])

    def test_E27_a_duplicate_is_another_message(self):
        client = self.client()
        client.send(publish(self.events_topic(), "x", 1, 3), publish(self.events_topic(), "y", 1, 3, dup=True))
        self.assertEqual(client.receive() + client.receive(), puback(3) * 2)
        self.hub.wait_for("telemetry", device=self.device, payload="y")
        self.assertEqual(self.hub.count("telemetry", device=self.device), 2)

    def test_E29_a_device_that_does_not_read_is_not_read_from(self):
        client = self.client((TWIN, 0))
        get, rounds = publish("$iothub/twin/GET/?$rid=" + "r" * 4000), 0
        client.socket.settimeout(1)
        try:
            for _ in range(30000):  # 120 MB of questions, as many of answers
                client.send(get)
                rounds += 1
        except OSError:  # the hub's windows and ours are full
            pass
        self.assertLess(rounds, 15000)
        self.assertLess(self.memory(), 400 * 1024)
        other = self.hub.client(self.hub.new_device())
        self.addCleanup(other.socket.close)
        other.send(PINGREQ)
        self.assertEqual(other.receive(), PINGRESP)  # nobody else is held up
        client.kill()
        self.hub.wait_for("disconnected", device=self.device)

    def test_E29_updates_do_not_pile_up_for_a_device_that_does_not_read(self):
        client = self.client((DESIRED, 0), keep_alive=0)
        patch = {f"k{n}": "x" * 4000 for n in range(7)}
        for _ in range(1000):  # 28 MB
            self.assertTrue(self.hub.control(op="desired", device=self.device, patch=patch)["ok"])
            if self.hub.count("disconnected", device=self.device):
                break
        self.hub.wait_for("disconnected", device=self.device, reason="output_queue_full")
        client.kill()

    def memory(self):
        with open(f"/proc/{self.hub.process.pid}/status") as status:
            return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1))


class Subscriptions(hub.HubTest):
    def test_E30_at_most_qos_1_is_granted_in_order(self):
        client = self.client()
        client.send(subscribe(2, (TWIN, 0), (DESIRED, 1), (METHODS, 2)))
        self.assertEqual(client.receive(), packet(0x90, b"\0\2\0\1\1"))

    def test_E31_the_same_filter_again_replaces_its_qos(self):
        client = self.client((C2D, 1), (C2D, 0))
        self.hub.control(op="c2d", device=self.device, payload="x")
        self.assertEqual(client.receive_publish().qos, 0)
        for _ in range(10):  # and counts once
            client.send(subscribe(3, (TWIN, 0)))
            self.assertEqual(client.receive(), packet(0x90, b"\0\3\0"))

    def test_E32_an_unknown_filter_is_granted(self):
        self.client(("a/b/#", 1), ("#", 0))
        served = [f["served"] for d in self.hub.control(op="devices")["devices"] if d["device"] == self.device
                  for f in d["subscriptions"]]
        self.assertEqual(served, [False, False])
        self.hub.wait_for("subscribed", device=self.device, filter="#", granted=0, served=False)

    def test_what_is_served_is_said(self):
        client = self.client((C2D, 1), ("devices/d40/messages/devicebound/#", 1), ("$iothub/twin/#", 0))
        for number in range(3):
            client.send(subscribe(4, (f"more/{number}", 0)))
            client.receive()
        for topic, served in ((C2D.format(self.device), True), ("devices/d40/messages/devicebound/#", False),
                              ("$iothub/twin/#", False), ("more/2", False)):
            self.hub.wait_for("subscribed", device=self.device, filter=topic, served=served)

    def test_E33_a_sixth_filter_is_refused(self):
        client = self.client(*[(f"filter/{n}", 1) for n in range(5)])
        client.send(subscribe(4, ("filter/4", 0), ("filter/5", 0)))
        self.assertEqual(client.receive(), packet(0x90, b"\0\4\0\x80"))

    def test_E34_the_filter_of_another_device_is_not_served(self):
        client = self.client(("devices/d40/messages/devicebound/#", 1))
        for device in ("d40", self.device):
            self.assertFalse(self.hub.control(op="c2d", device=device, payload="x")["deliverable"])
        self.assertTrue(client.is_silent())

    def test_E34_a_plus_means_the_own_device(self):
        client = self.client(("devices/+/messages/devicebound/#", 1))
        self.hub.control(op="c2d", device=self.device, payload="x")
        self.assertEqual(client.receive_publish().payload, b"x")

    def test_E35_unsubscribe(self):
        client = self.client((C2D, 1))
        client.send(hub.unsubscribe(6, C2D.format(self.device), "never/was"))
        self.assertEqual(client.receive(), packet(0xB0, b"\0\6"))
        self.assertFalse(self.hub.control(op="c2d", device=self.device, payload="x")["deliverable"])
        self.assertTrue(client.is_silent())
        self.hub.wait_for("unsubscribed", device=self.device, filter=C2D.format(self.device), found=True)
        self.hub.wait_for("unsubscribed", device=self.device, filter="never/was", found=False)

    def test_E35_unsubscribe_compares_bytes(self):
        # Each names the subscription's topics, and none of them is its filter.
        others = ("devices/+/messages/devicebound/#", C2D.format(self.device).upper(), C2D.format(self.device)[:-2],
                  C2D.format(self.device)[:-1] + "+", "#", "devices/#")
        client = self.client((C2D, 1))
        client.send(hub.unsubscribe(6, *others))
        self.assertEqual(client.receive(), packet(0xB0, b"\0\6"))
        self.assertTrue(self.hub.control(op="c2d", device=self.device, payload="x")["deliverable"])
        self.assertEqual(client.receive_publish().payload, b"x")


class Telemetry(hub.HubTest):
    def properties(self, bag):
        client = self.client()
        client.send(publish(self.events_topic(bag), "x", 1, 1))
        self.assertEqual(client.receive(), puback(1))
        return self.telemetry()["properties"]

    def test_E40_with_and_without_the_last_slash(self):
        client = self.client()
        for topic in (f"devices/{self.device}/messages/events", self.events_topic(), self.events_topic("a=1/")):
            client.send(publish(topic, topic, 1, 1))
            self.assertEqual(client.receive(), puback(1))
            seen = self.hub.wait_for("telemetry", device=self.device, payload=topic)
            self.assertEqual(seen["properties"], {"a": "1"} if "=" in topic else {})

    def test_a_question_mark_belongs_to_the_first_name(self):
        self.assertEqual(self.properties("?a=1&b=?"), {"?a": "1", "b": "?"})

    def test_E41_topic_of_another_device_closes(self):
        client = self.client()
        client.send(publish("devices/d40/messages/events/", "x", 1, 1))
        self.assert_closes(client, "not_iothub_topic")

    def test_E42_a_broken_escape_is_kept_as_it_is(self):
        self.assertEqual(self.properties("a=%zz&b=%20&c=100%"), {"a": "%zz", "b": " ", "c": "100%"})

    def test_E43_a_slash_ends_the_bag(self):
        self.assertEqual(self.properties("b=1&a=/x&c=2"), {"a": "", "b": "1"})
        self.assertEqual(self.telemetry()["ignored"], "x&c=2")

    def test_E43_what_a_slash_hides_is_shown(self):
        client = self.client(will={"topic": self.events_topic("w/hidden"), "message": "will"})
        for bag, ignored in (("a=1", None), ("a=1/", None), ("/b=1/c=2", "b=1/c=2"), ("%2F/%2F", "%2F")):
            client.send(publish(self.events_topic(bag), bag, 1, 1))
            self.assertEqual(client.receive(), puback(1))
            seen = self.hub.wait_for("telemetry", device=self.device, payload=bag)
            self.assertEqual(seen.get("ignored"), ignored)
        client.kill()
        self.assertEqual(self.hub.wait_for("telemetry", device=self.device, payload="will")["ignored"], "hidden")

    def test_E44_null_empty_and_value(self):
        self.assertEqual(self.properties("LWT&prop2=&prop3=a%20string"),
                         {"LWT": None, "prop2": "", "prop3": "a string"})

    def test_E45_what_microsofts_sdk_sends(self):
        bag = ("%24.mid=m%201%2F2&%24.cid=c%231&%24.uid=u&%24.ct=application%2Fjson&%24.ce=utf-8"
               "&%24.exp=2030-01-02T03%3A04%3A05.000Z&alert=true"
               "&sp%20ace=a%26b%3Dc%2Fd%3Fe%25f%2Bg%23h'i(j)*k!l~m"
               "&%C3%BCn%C3%AF=%C3%A9%E2%82%AC%F0%9F%98%80&empty=&%24.sub=thermostat1")
        self.assertEqual(self.properties(bag), {
            "alert": "true", "sp ace": "a&b=c/d?e%f+g#h'i(j)*k!l~m", "ünï": "é€😀", "empty": ""})
        wanted = {"message-id": "m 1/2", "correlation-id": "c#1", "user-id": "u", "content-type": "application/json",
                  "content-encoding": "utf-8", "absolute-expiry-time": "2030-01-02T03:04:05.000Z",
                  "dt-subject": "thermostat1"}
        system = self.telemetry()["system"]
        self.assertEqual({name: system.get(name) for name in wanted}, wanted)

    def test_E45_an_unescaped_dollar_is_a_system_property_too(self):
        self.client().send(publish(self.events_topic("$.ct=text"), "x"))
        self.assertEqual(self.telemetry()["system"]["content-type"], "text")

    def test_an_escaped_plus_is_a_plus(self):
        self.assertEqual(self.properties("a=1%2B1"), {"a": "1+1"})

    def test_a_name_that_comes_again_keeps_all_its_values_in_order(self):
        self.assertEqual(self.properties("a=1&b=2&a&%61=&a=1&%24.ct=x&$.ct=y"),
                         {"a": ["1", None, "", "1"], "b": "2"})
        self.assertEqual(self.telemetry()["system"]["content-type"], ["x", "y"])

    def test_what_the_service_adds_stands_alone(self):
        self.client().send(publish(self.events_topic("mqtt-retain=no&mqtt-retain=x"), "x", retain=True))
        self.assertEqual(self.telemetry()["properties"], {"mqtt-retain": "true"})
        self.assertEqual(self.telemetry()["claimed"], {"mqtt-retain": ["no", "x"]})

    def test_what_a_device_claims_is_not_the_services_word(self):
        claims = {"mqtt-retain": "true", "iothub-MessageType": "Will", "IOTHUB-messagetype": "Will",
                  "x-opt-retain": "true", "iothub-connection-device-id": "d40", "iothub-message-source": "Twin",
                  "dt-subject": "s", "iothub-enqueuedtime": "now"}
        properties = {"iothub-mine": "1", "mqtt-retained": "2"}
        bag = "&".join(f"{name}={value}" for name, value in {**claims, **properties}.items())
        self.assertEqual(self.properties(bag), properties)
        self.assertEqual(self.telemetry()["claimed"], claims)
        self.assertEqual(self.telemetry()["system"]["iothub-message-source"], "Telemetry")

    def test_without_claims_there_are_none(self):
        self.assertEqual(self.properties("a=1"), {"a": "1"})
        self.assertNotIn("claimed", self.telemetry())

    def test_E45_names_that_are_no_system_property_of_a_device(self):
        names = {"$.ctime": "2026-01-01T00:00:00Z", "$.cdid": "d40", "$.nothing": "x", "$.": "y"}
        bag = "&".join(f"%24{name[1:]}={value}" for name, value in names.items())
        self.assertEqual(self.properties(bag), names)
        self.assertNotIn("iothub-creation-time-utc", self.telemetry()["system"])

    def test_properties_that_are_no_utf8_stay_escaped(self):
        self.assertEqual(self.properties("a=%FF&%C3=x"), {"a": "%FF", "%C3": "x"})

    def test_E46_what_the_service_adds(self):
        user = f"{hub.HOST_NAME}/{self.device}/?api-version=2021-04-12&model-id=dtmi:com:example:T;1"
        self.client(user=user).send(publish(self.events_topic(), "x"))
        system = self.telemetry()["system"]
        self.assertEqual(system["iothub-connection-device-id"], self.device)
        self.assertEqual(json.loads(system["iothub-connection-auth-method"]),
                         {"scope": "device", "type": "sas", "issuer": "iothub"})
        self.assertRegex(system["iothub-connection-auth-generation-id"], r"^\d{18}$")
        self.assertRegex(system["iothub-enqueuedtime"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(system["iothub-message-source"], "Telemetry")
        self.assertEqual(system["dt-dataschema"], "dtmi:com:example:T;1")

    def test_E46_a_device_cannot_forge_what_the_service_adds(self):
        self.client().send(publish(self.events_topic("iothub-connection-device-id=d40&%24.cdid=d40"), "x"))
        self.assertEqual(self.telemetry()["system"]["iothub-connection-device-id"], self.device)

    def test_E47_unknown_topics_close(self):
        for topic in ("a/b", "$iothub/nothing/", "/" + self.events_topic(), self.events_topic()[:-2],
                      f"devices/{self.device}/messages/devicebound/", "x" + self.events_topic()):
            with self.subTest(topic=topic):
                client = self.client()
                client.send(publish(topic, "x", 1, 1))
                self.assertTrue(client.is_closed())

    def test_E28_retain_becomes_a_property(self):
        self.client().send(publish(self.events_topic("a=b"), "x", retain=True))
        self.assertEqual(self.telemetry()["properties"], {"a": "b", "mqtt-retain": "true"})

    def test_payloads_that_are_no_text(self):
        payload = bytes(range(256))
        self.client().send(publish(self.events_topic(), payload))
        self.assertEqual(base64.b64decode(self.telemetry()["payload_base64"]), payload)
        self.assertNotIn("payload", self.telemetry())

    def test_payloads_that_are_odd_text(self):
        client = self.client()
        for payload in ("", "\0\n\"\\", "é€😀\u2028"):
            client.send(publish(self.events_topic(), payload))
            self.hub.wait_for("telemetry", device=self.device, payload=payload, qos=0)

    def test_control_characters_reach_no_terminal(self):
        odd = "\x1b[0m\x7f\x80\x85\x9b31m\x9f\xa0ÿ\u061c\u200f\u2028\u2029\u202e\u2066😀"
        client = self.client()
        client.send(publish(self.events_topic("k%C2%85y=v&\u0085=\x7f"), odd, 1, 1))
        self.assertEqual(client.receive(), puback(1))
        seen = self.telemetry()
        self.assertEqual((seen["payload"], seen["properties"]), (odd, {"k\x85y": "v", "\x85": "\x7f"}))
        line = next(one for one in self.hub.lines if '"telemetry"' in one and f'"{self.device}"' in one)
        self.assertNotRegex(line[:-1], "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
        self.assertIn("\xa0ÿ", line)
        self.assertIn("😀", line)


class C2dTest(hub.HubTest):
    def send(self, payload="x", **fields):
        answer = self.hub.control(op="c2d", device=self.device, payload=payload, **fields)
        self.assertTrue(answer["ok"], answer)
        return answer

    def leave_with_session(self):
        self.client((C2D, 1), clean=False).send(DISCONNECT)
        self.hub.wait_for("disconnected", device=self.device)

    def wait_for_state(self, sent, state):
        return self.hub.wait_for("c2d", device=self.device, message_id=sent["message_id"], state=state)


class CloudToDevice(C2dTest):
    arguments = ("--c2d-lock", "2")

    def test_E50_E51_the_topic(self):
        client = self.client((C2D, 1))
        sent = self.send(properties={"flag": None, "empty": "", "te xt": "a&b=c/d?e%f+g#hü"},
                         system={"message-id": "m 1", "content-type": "text/plain", "correlation-id": None})
        self.assertEqual(sent["message_id"], "m 1")
        got = client.receive_publish()
        self.assertEqual(got.topic, f"devices/{self.device}/messages/devicebound/%24.mid=m%201"
                         f"&%24.to=%2Fdevices%2F{self.device}%2Fmessages%2FdeviceBound&%24.ct=text%2Fplain&%24.cid"
                         "&empty=&flag&te%20xt=a%26b%3Dc%2Fd%3Fe%25f%2Bg%23h%C3%BC")
        self.assertEqual((got.qos, got.payload, got.dup), (1, b"x", False))

    def test_a_message_for_a_standing_subscription_has_no_retain(self):
        for qos in (0, 1):
            client = self.client((C2D, qos))
            self.send()
            got = client.receive_publish()
            self.assertEqual((got.qos, got.retain), (qos, False))
            client.send(*([puback(got.packet_id)] if qos else []), DISCONNECT)
            self.assertTrue(client.is_closed())

    def test_what_was_sent_before_unsubscribe_is_completed(self):
        client = self.client((C2D, 1))
        sent = self.send()
        got = client.receive_publish()
        client.send(hub.unsubscribe(6, C2D.format(self.device)))
        self.assertEqual(client.receive(), packet(0xB0, b"\0\6"))
        self.assertFalse(self.send("later")["deliverable"])
        client.send(puback(got.packet_id))
        self.wait_for_state(sent, "completed")
        self.assertTrue(client.is_silent())

    def test_E38_a_subscription_with_qos_0_is_served_with_qos_0(self):
        client = self.client((C2D, 0))
        sent = self.send()
        self.assertEqual(client.receive_publish().qos, 0)
        self.wait_for_state(sent, "completed")

    def test_E36_nothing_from_before_the_first_subscription(self):
        client = self.client()
        sent = self.send()
        self.assertFalse(sent["deliverable"])
        client.send(subscribe(1, (C2D.format(self.device), 1)))
        self.assertEqual(client.receive(), packet(0x90, b"\0\1\1"))
        self.assertTrue(client.is_silent())
        self.wait_for_state(sent, "before_subscription")

    def test_E37_queued_messages_follow_the_connack(self):
        self.leave_with_session()
        self.assertTrue(self.send("while away")["deliverable"])
        self.assertEqual(self.client(clean=False).receive_publish().payload, b"while away")

    def test_E52_the_51st_message_is_refused(self):
        self.leave_with_session()
        for number in range(50):
            self.send(str(number))
        answer = self.hub.control(op="c2d", device=self.device, payload="one too many")
        self.assertEqual((answer["ok"], answer["error"]["code"]), (False, 403004))
        client = self.client(clean=False)
        for number in range(50):
            got = client.receive_publish()
            self.assertEqual(got.payload, str(number).encode())
            client.send(puback(got.packet_id))
        self.assertTrue(client.is_silent())

    def test_E53_a_message_expires(self):
        self.leave_with_session()
        sent = self.send(ttl=0.2)
        time.sleep(0.4)
        self.assertTrue(self.client(clean=False).is_silent())
        self.wait_for_state(sent, "expired")

    def test_E54_puback_completes(self):
        client = self.client((C2D, 1), clean=False)
        sent = self.send()
        client.send(puback(client.receive_publish().packet_id))
        self.wait_for_state(sent, "completed")
        client.send(DISCONNECT)
        self.assertTrue(self.client(clean=False).is_silent())

    def test_E55_without_puback_it_comes_again_with_dup(self):
        client = self.client((C2D, 1))
        self.send()
        first, second = client.receive_publish(), client.receive_publish()
        self.assertEqual((first.dup, second.dup), (False, True))
        self.assertEqual((first.packet_id, first.topic), (second.packet_id, second.topic))
        client.send(puback(second.packet_id))
        self.assertTrue(client.is_silent(2.5))

    def test_E56_unacknowledged_messages_come_again_in_order(self):
        client = self.client((C2D, 1), clean=False)
        for payload in "123":
            self.send(payload)
        ids = [client.receive_publish().packet_id for _ in range(3)]
        client.send(puback(ids[1]))
        self.hub.wait_for("c2d", device=self.device, state="completed")
        client.kill()
        self.hub.wait_for("disconnected", device=self.device)
        again = self.client(clean=False)
        self.assertEqual([again.receive_publish().payload for _ in range(2)], [b"1", b"3"])

    def test_E57_E58_packet_ids(self):
        client = self.client((C2D, 1))
        client.send(puback(777), PINGREQ)  # nobody waits for it
        self.assertEqual(client.receive(), PINGRESP)
        self.hub.wait_for("ignored", device=self.device, packet="PUBACK", packet_id=777)
        for _ in range(25):
            self.send()
            got = client.receive_publish()
            self.assertTrue(1 <= got.packet_id <= 0x4000)
            client.send(puback(got.packet_id))

    def test_a_clean_session_discards_the_queue(self):
        self.leave_with_session()
        sent = self.send()
        self.client()
        self.wait_for_state(sent, "clean_session")

    def test_octets_as_payload(self):
        client = self.client((C2D, 1))
        self.assertTrue(self.hub.control(op="c2d", device=self.device, payload_base64="AP8=")["ok"])
        self.assertEqual(client.receive_publish().payload, b"\0\xff")


class Unacknowledged(C2dTest):
    """A message has come with QoS 1, there is no PUBACK, and then the subscription changes."""

    arguments = ("--c2d-lock", "1")

    def received_once(self):
        client = self.client((C2D, 1))
        sent = self.send("first")
        self.assertEqual(client.receive_publish().qos, 1)
        return client, sent

    def subscribe(self, client, qos):
        client.send(subscribe(9, (C2D.format(self.device), qos)))
        self.assertEqual(client.receive(), packet(0x90, bytes([0, 9, qos])))

    def test_E35_E55_after_unsubscribe_it_does_not_come_again(self):
        client, sent = self.received_once()
        client.send(hub.unsubscribe(8, C2D.format(self.device)))
        self.assertEqual(client.receive(), packet(0xB0, b"\0\x08"))
        self.assertTrue(client.is_silent(2.5))

        self.subscribe(client, 0)  # a new subscription: what is older than it is not delivered
        self.wait_for_state(sent, "before_subscription")
        self.assertTrue(client.is_silent(1.5))
        later = self.send("later")
        got = client.receive_publish()
        self.assertEqual((got.payload, got.qos, got.dup), (b"later", 0, False))
        self.wait_for_state(later, "completed")
        self.assertTrue(client.is_silent(1.5))

    def test_E38_E55_once_the_subscription_has_qos_0_it_comes_a_last_time(self):
        client, sent = self.received_once()
        self.subscribe(client, 0)
        got = client.receive_publish()
        self.assertEqual((got.payload, got.qos, got.dup), (b"first", 0, False))
        self.wait_for_state(sent, "completed")
        self.assertTrue(client.is_silent(2.5))


if __name__ == "__main__":
    unittest.main()
