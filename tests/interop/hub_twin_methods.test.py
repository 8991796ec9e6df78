#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# The emulator's twins and direct methods. E numbers are IoT Hub behaviours as listed in
# examples/hub_emulator/README.md.
import json
import threading
import time
import unittest

import hub_fixture as hub
from hub_fixture import DESIRED, DISCONNECT, METHODS, PINGREQ, PINGRESP, TWIN, publish

GET, REPORT = "$iothub/twin/GET/?$rid=", "$iothub/twin/PATCH/properties/reported/?$rid="
ANSWER = "$iothub/methods/res/{}/?$rid={}"


def nested(levels):
    value = 1
    for _ in range(levels):
        value = {"a": value}
    return value


class Twin(hub.HubTest):
    def report(self, client, patch, rid="7", tail=""):
        client.send(publish(REPORT + rid + tail, patch if isinstance(patch, str) else json.dumps(patch)))
        return client.receive_publish()

    def document(self):
        return self.hub.control(op="twin", device=self.device)["twin"]

    def test_E60_get(self):
        client = self.client((TWIN, 0))
        for body in ("", " ", "ignored"):
            client.send(publish(GET + "4f-Ab_1", body))
            got = client.receive_publish()
            self.assertEqual(got.topic, "$iothub/twin/res/200/?$rid=4f-Ab_1")
            self.assertEqual(json.loads(got.payload), {"desired": {"$version": 1}, "reported": {"$version": 1}})

    def test_E61_no_request_id_closes(self):
        for topic in ("$iothub/twin/GET/", GET, "$iothub/twin/GET/?a=b", REPORT):
            with self.subTest(topic=topic):
                client = self.client()
                client.send(publish(topic))
                self.assert_closes(client, "missing_request_id")

    def test_E62_unknown_verbs_close(self):
        for topic in ("$iothub/twin/PUT/?$rid=1", "$iothub/twin/GET/more/?$rid=1",
                      "$iothub/twin/PATCH/properties/desired/?$rid=1", "$iothub/twin/res/200/?$rid=1"):
            with self.subTest(topic=topic):
                client = self.client()
                client.send(publish(topic))
                self.assertTrue(client.is_closed())

    def test_E72_a_request_id_twice_closes(self):
        client = self.client()
        client.send(publish(GET + "1&$rid=2"))
        self.assert_closes(client, "invalid_iothub_topic")

    def test_E63_patch_merges_and_null_deletes(self):
        client = self.client((TWIN, 0))
        first = self.report(client, {"a": {"b": 1, "c": [1]}, "d": "x"}, "r1")
        self.assertEqual((first.topic, first.payload), ("$iothub/twin/res/204/?$rid=r1&$version=2", b""))
        second = self.report(client, {"a": {"b": None, "e": 2.5}, "d": None, "f": None}, "r2")
        self.assertEqual(second.topic, "$iothub/twin/res/204/?$rid=r2&$version=3")
        self.assertEqual(self.document()["reported"], {"a": {"c": [1], "e": 2.5}, "$version": 3})

    def test_E63_a_patch_that_changes_nothing_counts(self):
        client = self.client((TWIN, 0))
        for version in (2, 3):
            self.assertTrue(self.report(client, {}).topic.endswith(f"&$version={version}"))

    def test_E64_bad_patches_change_nothing(self):
        client = self.client((TWIN, 0))
        bad = ("", "{", "[]", "5", "null", '{"a":1}}', '{"a.b":1}', '{"$a":1}', '{"a b":1}', '{"":1}',
               '{"a\\u0001":1}', '{"a":"\\ud800"}', "[" * 30000, '{"a":' * 6000, {"k" * 1025: 1}, {"s": "x" * 4097},
               {"n": 4503599627370496}, {"n": -4503599627370497}, {"n": 2**63}, nested(11),
               {f"k{n}": "x" * 1000 for n in range(40)})
        for patch in bad:
            with self.subTest(patch=str(patch)[:40]):
                got = self.report(client, patch, "bad")
                self.assertEqual(got.topic, "$iothub/twin/res/400/?$rid=bad")
                self.assertEqual(json.loads(got.payload)["errorCode"], 400004)
                self.assertTrue(json.loads(got.payload)["message"])
        self.assertEqual(self.document()["reported"], {"$version": 1})

    def test_E64_the_limits_themselves_are_taken(self):
        client = self.client((TWIN, 0))
        for patch in ({"k" * 1024: 1}, {"s": "x" * 4096}, {"n": [4503599627370495, -4503599627370496]}, {"d": None},
                      nested(10)):
            self.assertIn("/204/", self.report(client, patch).topic)

    def test_E64_many_patches_cannot_outgrow_the_limit(self):
        client = self.client((TWIN, 0))
        codes = [self.report(client, {f"k{n}": "x" * 4000}).topic.split("/")[3] for n in range(10)]
        self.assertEqual(codes, ["204"] * 8 + ["400"] * 2)

    def test_E65_another_version_is_a_failed_precondition(self):
        client = self.client((TWIN, 0))
        got = self.report(client, {"a": 1}, "1", "&$version=5")
        self.assertEqual(got.topic, "$iothub/twin/res/412/?$rid=1")
        self.assertEqual(json.loads(got.payload)["errorCode"], 412001)
        self.assertIn("/204/", self.report(client, {"a": 1}, "1", "&$version=1").topic)

    def test_E68_without_a_subscription_there_is_no_answer(self):
        client = self.client()
        client.send(publish(GET + "1"), publish(REPORT + "2", '{"a":1}'), PINGREQ)
        self.assertEqual(client.receive(), PINGRESP)
        self.assertEqual(self.document()["reported"], {"a": 1, "$version": 2})
        self.hub.wait_for("twin_get", device=self.device, status=200, answered=False)
        self.hub.wait_for("reported", device=self.device, status=204, answered=False)

    def test_E68_with_a_subscription_the_answer_is_said_to_be_sent(self):
        client = self.client((TWIN, 0))
        client.send(publish(GET + "1"))
        client.receive_publish()
        self.report(client, {})
        self.hub.wait_for("twin_get", device=self.device, status=200, answered=True)
        self.hub.wait_for("reported", device=self.device, status=204, answered=True)

    def user(self, query):
        return f"{hub.HOST_NAME}/{self.device}{query}"

    def test_without_an_api_version_that_knows_twins_they_answer_400(self):
        for query in ("", "/?DeviceClientType=x&api-version=", "/?api-version=2016-11-13", "/api-version=2015-08-15",
                      "/?api-version=2021", "/?api-version=20211-1-14", "/?api-version=latest"):
            with self.subTest(query=query):
                client = self.client((TWIN, 0), user=self.user(query))
                client.send(publish(GET + "4"))
                got = client.receive_publish()
                self.assertEqual(got.topic, "$iothub/twin/res/400/?$rid=4")
                self.assertEqual(json.loads(got.payload)["errorCode"], 400004)
                got = self.report(client, {"a": 1}, "5")
                self.assertEqual(got.topic, "$iothub/twin/res/400/?$rid=5")
                self.assertIn("2016-11-14", json.loads(got.payload)["message"])
                client.send(DISCONNECT)
                self.assertTrue(client.is_closed())
        self.assertEqual(self.document()["reported"], {"$version": 1})
        self.hub.wait_for("twin_get", device=self.device, status=400, answered=True)

    def test_the_first_api_version_that_knows_twins_and_later_ones(self):
        for query in ("/api-version=2016-11-14", "/?api-version=2017-11-08-preview", "/?api-version=2021-04-12"):
            with self.subTest(query=query):
                client = self.client((TWIN, 0), user=self.user(query))
                client.send(publish(GET + "4"))
                self.assertIn("/200/", client.receive_publish().topic)
                client.send(DISCONNECT)
                self.assertTrue(client.is_closed())

    def test_E69_desired_update(self):
        client = self.client((DESIRED, 0))
        answer = self.hub.control(op="desired", device=self.device, patch={"interval": 5, "gone": None})
        self.assertEqual((answer["ok"], answer["version"]), (True, 2))
        got = client.receive_publish()
        self.assertEqual((got.topic, got.qos), ("$iothub/twin/PATCH/properties/desired/?$version=2", 0))
        self.assertEqual(json.loads(got.payload), {"interval": 5, "gone": None, "$version": 2})
        self.assertEqual(self.document()["desired"], {"interval": 5, "$version": 2})
        self.hub.wait_for("desired", device=self.device, sent=True)

    def test_E69_what_changed_while_away_shows_in_the_whole_twin_only(self):
        self.client((DESIRED, 0), (TWIN, 0), clean=False).send(DISCONNECT)
        self.hub.wait_for("disconnected", device=self.device)
        self.hub.control(op="desired", device=self.device, patch={"a": 1})
        self.hub.wait_for("desired", device=self.device, sent=False)
        client = self.client(clean=False)
        self.assertTrue(client.is_silent())
        client.send(publish(GET + "1"))
        self.assertEqual(json.loads(client.receive_publish().payload)["desired"], {"a": 1, "$version": 2})

    def test_E70_versions_rise(self):
        client = self.client((DESIRED, 0))
        for _ in range(5):
            self.hub.control(op="desired", device=self.device, patch={"a": 1})
        self.assertEqual([client.receive_publish().topic[-1] for _ in range(5)], list("23456"))

    def test_twin_with_qos_1(self):
        client = self.client((TWIN, 1), (DESIRED, 1))
        client.send(publish(GET + "1", qos=1, packet_id=3))
        first, second = client.receive(), client.receive()
        self.assertIn(hub.puback(3), (first, second))
        got = hub.Publish(first if first[0] >> 4 == 3 else second)
        self.assertEqual(got.qos, 1)
        self.assertGreater(got.packet_id, 0x4000)
        client.send(hub.puback(got.packet_id), PINGREQ)
        self.assertEqual(client.receive(), PINGRESP)

    def test_bad_desired_patches(self):
        for patch in ([], None, {"a.b": 1}, {"$version": 1}):
            answer = self.hub.control(op="desired", device=self.device, patch=patch)
            self.assertEqual((answer["ok"], answer["error"]["status"]), (False, 400))


class Methods(hub.HubTest):
    def call(self, **request):
        """Calls in a thread; the list gets the answer."""
        answers = []
        thread = threading.Thread(target=lambda: answers.append(
            self.hub.control(op="method", device=self.device, **request)), daemon=True)
        thread.start()
        return thread, answers

    def run_method(self, client, respond, **request):
        thread, answers = self.call(**request)
        got = client.receive_publish()
        client.send(*respond(got.topic.split("$rid=")[1]))
        thread.join(hub.PATIENCE)
        return got, answers[0]

    def test_E80_not_connected_or_not_subscribed(self):
        for _ in range(2):
            answer = self.hub.control(op="method", device=self.device, name="reboot")
            self.assertEqual((answer["error"]["status"], answer["error"]["code"]), (404, 404103))
            self.client()

    def test_E81_E82_request_and_response(self):
        client = self.client((METHODS, 1))
        got, answer = self.run_method(client, lambda rid: [publish(ANSWER.format(201, rid), '{"done":[1]}')],
                                      name="reboot", payload={"delay": 1})
        self.assertRegex(got.topic, r"^\$iothub/methods/POST/reboot/\?\$rid=[0-9a-f]+$")
        self.assertEqual((got.qos, got.payload), (0, b'{"delay":1}'))
        self.assertEqual((answer["ok"], answer["status"], answer["payload"]), (True, 201, {"done": [1]}))

    def test_E81_E84_null_by_default_and_empty_on_request(self):
        client = self.client((METHODS, 0))
        for request, body in (({}, b"null"), ({"payload_text": ""}, b""), ({"payload_text": "{bad"}, b"{bad")):
            got, answer = self.run_method(client, lambda rid: [publish(ANSWER.format(200, rid))], name="m", **request)
            self.assertEqual(got.payload, body)
            self.assertEqual((answer["status"], answer["payload"]), (200, None))

    def test_E82_negative_status_and_strangers(self):
        client = self.client((METHODS, 0))
        _, answer = self.run_method(client, lambda rid: [publish(ANSWER.format(200, "ffff"), "1"),
                                                         publish(ANSWER.format(-5, rid), '"x"')], name="m")
        self.assertEqual((answer["status"], answer["payload"]), (-5, "x"))
        self.hub.wait_for("method_response", device=self.device, awaited=False)

    def test_E83_no_answer_in_time(self):
        client = self.client((METHODS, 0))
        began = time.monotonic()
        answer = self.hub.control(op="method", device=self.device, name="slow", timeout=0.5)
        self.assertEqual(answer["error"]["status"], 504)
        self.assertGreaterEqual(time.monotonic() - began, 0.5)
        rid = client.receive_publish().topic.split("$rid=")[1]
        client.send(publish(ANSWER.format(200, rid), "1"), PINGREQ)
        self.assertEqual(client.receive(), PINGRESP)
        self.hub.wait_for("method_response", device=self.device, awaited=False)

    def test_E84_an_answer_that_is_no_json(self):
        client = self.client((METHODS, 0))
        for body in ("plain text", "[" * 60000 + "]" * 60000, '{"a":1}{'):
            _, answer = self.run_method(client, lambda rid, b=body: [publish(ANSWER.format(200, rid), b)], name="m")
            self.assertEqual((answer["ok"], answer["error"]["status"]), (False, 502))

    def test_E85_an_answer_of_more_than_128_KB(self):
        client = self.client((METHODS, 0))
        for size, ok in ((128 * 1024, True), (128 * 1024 + 1, False)):
            body = '"' + "x" * (size - 2) + '"'
            _, answer = self.run_method(client, lambda rid, b=body: [publish(ANSWER.format(200, rid), b)], name="m")
            self.assertEqual(answer["ok"], ok)

    def test_E86_too_many_at_a_time(self):
        self.client((METHODS, 0))
        calls = [self.call(name="m", timeout=3) for _ in range(10)]
        for _ in range(100):
            if self.hub.count("method_request", device=self.device) == 10:
                break
            time.sleep(0.05)
        self.assertEqual(self.hub.control(op="method", device=self.device, name="m")["error"]["code"], 403800)
        for thread, answers in calls:
            thread.join(hub.PATIENCE)
            self.assertEqual(answers[0]["error"]["status"], 504)

    def test_E87_a_malformed_response_closes(self):
        client = self.client((METHODS, 0))
        client.send(publish("$iothub/methods/res/abc/?$rid=1"))
        self.assert_closes(client, "invalid_iothub_topic")

    def test_a_device_that_leaves_fails_its_calls(self):
        client = self.client((METHODS, 0))
        thread, answers = self.call(name="m", timeout=30)
        client.receive_publish()
        client.kill()
        thread.join(hub.PATIENCE)
        self.assertEqual(answers[0]["error"]["code"], 404103)

    def test_names_that_are_none(self):
        self.client((METHODS, 0))
        for name in ("", "a b", "a/b", "a$", "ä"):
            answer = self.hub.control(op="method", device=self.device, name=name)
            self.assertEqual(answer["error"]["status"], 400, name)


if __name__ == "__main__":
    unittest.main()
