#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
# The emulator's connections: TLS, CONNECT, sessions and what ends them. E numbers are IoT Hub behaviours
# as listed in examples/hub_emulator/README.md.
import socket
import ssl
import subprocess
import time
import unittest

import hub_fixture as hub
from hub_fixture import C2D, DISCONNECT, HOST_NAME, PINGREQ, PINGRESP, connect, key_of, puback, publish, sas_token


class Transport(hub.HubTest):
    arguments = ("--connect-timeout", "2")

    def s_client(self, *arguments):
        return subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{self.hub.port}", *arguments],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)

    def test_E01_plain_bytes_are_not_served(self):
        client = self.raw(self.hub.login(self.device), tls=False)
        client.socket.settimeout(hub.PATIENCE)
        self.assertNotEqual(client.socket.recv(1)[:1], b"\x20")  # an alert, or the end
        self.hub.wait_for("closed", reason="tls_failed")

    def test_E02_a_client_certificate_is_asked_for_and_not_required(self):
        self.assertIn("Client Certificate Types", self.s_client("-tls1_2").stdout)
        self.client()

    def test_E02_a_certificate_that_comes_is_taken(self):
        self.hub.trust.load_cert_chain(self.hub.path("cert.pem"), self.hub.path("key.pem"))
        self.client()

    def test_tls_1_1_is_refused_and_1_2_and_1_3_are_spoken(self):
        for name, version in (("TLSv1.2", ssl.TLSVersion.TLSv1_2), ("TLSv1.3", ssl.TLSVersion.TLSv1_3)):
            trust = ssl.create_default_context(cafile=self.hub.path("cert.pem"))
            trust.minimum_version = trust.maximum_version = version
            with socket.create_connection(("127.0.0.1", self.hub.port), timeout=hub.PATIENCE) as raw:
                with trust.wrap_socket(raw, server_hostname="localhost") as tls:
                    self.assertEqual(tls.version(), name)
        self.assertNotEqual(self.s_client("-tls1_1", "-cipher", "ALL:@SECLEVEL=0").returncode, 0)

    def test_E04_no_connect_in_time(self):
        client = self.raw()
        self.assertTrue(client.is_closed())
        self.hub.wait_for("closed", reason="connect_timeout")

    def test_E04_half_a_connect_in_time(self):
        self.assertTrue(self.raw(self.hub.login(self.device)[:20]).is_closed())

    def test_E04_no_tls_in_time(self):
        with socket.create_connection(("127.0.0.1", self.hub.port), timeout=hub.PATIENCE) as raw:
            self.assertEqual(raw.recv(1), b"")

    def test_a_stranger_who_says_nothing_keeps_his_place_for_a_while_only(self):
        strangers = [socket.create_connection(("127.0.0.1", self.hub.port), timeout=hub.PATIENCE)
                     for _ in range(256)]
        self.client()  # has waited for a place
        self.hub.wait_for("accept_full", port=self.hub.port, connections=256)
        for one in strangers:
            one.close()

    def test_devices_take_no_place_of_strangers(self):
        running = hub.Hub()  # strangers have a minute here
        self.addCleanup(running.kill)
        clients = [running.client(running.new_device()) for _ in range(3)]
        strangers = [socket.create_connection(("127.0.0.1", running.port), timeout=hub.PATIENCE) for _ in range(253)]
        clients.append(running.client(running.new_device()))
        for one in strangers + [client.socket for client in clients]:
            one.close()
        self.assertEqual(running.count("accept_full"), 0)
        self.assertEqual(running.stop(), (0, "", []))

    def test_one_byte_at_a_time(self):
        client = self.raw()
        for byte in self.hub.login(self.device) + PINGREQ:
            client.send(bytes([byte]))
        self.assertEqual(client.receive(), b"\x20\x02\x00\x00")
        self.assertEqual(client.receive(), PINGRESP)


class Login(hub.HubTest):
    arguments = ("--token-grace", "0")

    def token(self, device=None, key=None, expiry=None):
        device = device or self.device
        return sas_token(f"{HOST_NAME}/devices/{device}", key or key_of(device), expiry)

    def assert_login_refused(self, code, reason, **options):
        self.assert_refused(self.hub.login(options.pop("device", self.device), **options), code, reason)

    def test_E03_first_packet_is_no_connect(self):
        self.assertTrue(self.raw(PINGREQ).is_closed())
        self.hub.wait_for("closed", reason="first_packet_not_connect", detail="PINGREQ")

    def test_E05_another_protocol_level_gets_connack_1(self):
        for level in (3, 5, 0x84):
            self.assert_login_refused(1, "protocol_level", level=level)

    def test_E05_another_protocol_name_gets_no_connack(self):
        self.assertTrue(self.raw(self.hub.login(self.device, name="MQIsdp")).is_closed())
        self.hub.wait_for("closed", reason="malformed_packet", detail="CONNECT")

    def test_E06_second_connect_closes(self):
        client = self.client()
        client.send(self.hub.login(self.device))
        self.assert_closes(client, "second_connect")

    def test_E07_packets_behind_connect_are_served_after_it(self):
        client = self.raw(self.hub.login(self.device), publish(self.events_topic(), "early", 1, 7), PINGREQ)
        self.assertEqual(client.receive(), b"\x20\x02\x00\x00")
        self.assertEqual(client.receive(), b"\x40\x02\x00\x07")
        self.assertEqual(client.receive(), PINGRESP)

    def test_E07_packets_behind_a_refused_connect_are_not_served(self):
        client = self.raw(connect(self.device, f"{HOST_NAME}/{self.device}", "x"),
                          publish(self.events_topic(), "early", 1, 7))
        self.assertEqual(client.receive(), b"\x20\x02\x00\x05")
        self.assertTrue(client.is_closed())
        self.assertEqual(self.hub.count("telemetry", device=self.device), 0)

    def test_E08_wrong_key(self):
        self.assert_login_refused(5, "sas_signature_mismatch", password=self.token(key=key_of("another")))

    def test_E08_token_of_another_device(self):
        self.assert_login_refused(5, "sas_signature_mismatch", password=self.token("d40"))

    def test_E08_token_for_another_device_signed_with_this_key(self):
        self.assert_login_refused(5, "sas_resource_mismatch", password=self.token("d40", key_of(self.device)))

    def test_E08_expired_token(self):
        self.assert_login_refused(5, "sas_token_expired", password=self.token(expiry=time.time() - 10))

    def test_E08_no_token(self):
        self.assert_login_refused(5, "invalid_sas_token", password="secret")
        self.assert_refused(connect(self.device, f"{HOST_NAME}/{self.device}"), 5, "no_password")
        self.assert_refused(connect(self.device), 5, "no_user_name")

    def test_E08_unknown_device(self):
        self.assert_login_refused(5, "unknown_device", device="nobody", password=self.token("nobody"))

    def test_E08_client_id_of_another_device(self):
        for client_id in ("d40", self.device.upper(), ""):
            self.assert_login_refused(5, "client_id_mismatch", client_id=client_id)

    def test_an_empty_client_id_with_a_session_gets_connack_2(self):  # v3.1.1:MQTT-3.1.3-8
        self.assert_login_refused(2, "empty_client_id", client_id="", clean=False)

    def test_E08_user_names_that_do_not_parse(self):
        for user in ("", "host", f"{HOST_NAME}//?api-version=1", f"{HOST_NAME}/{self.device}/fooBar",
                     f"{HOST_NAME}/{self.device}/api-version"):
            with self.subTest(user=user):
                self.assert_login_refused(5, "invalid_user_name", user=user)

    def test_E08_name_of_another_hub(self):
        token = sas_token(f"other.example/devices/{self.device}", key_of(self.device))
        self.assert_login_refused(5, "wrong_host_name", user=f"other.example/{self.device}", password=token)

    def test_modules_are_refused(self):
        user = f"{HOST_NAME}/{self.device}/m1/?api-version=2021-04-12"
        self.assert_login_refused(5, "modules_not_supported", user=user, client_id=f"{self.device}/m1")

    def test_E09_disabled_device_gets_connack_3(self):
        self.assert_login_refused(3, "device_disabled", device="disabled")

    def test_E09_disabled_device_with_a_wrong_key_gets_connack_5(self):
        token = self.token("disabled", key_of("another"))
        self.assert_login_refused(5, "sas_signature_mismatch", device="disabled", password=token)

    def test_user_names_that_are_taken(self):
        for tail in ("", "/api-version=2016-11-14", "/?api-version=2021-04-12",
                     "/?api-version=2021-04-12&model-id=dtmi:com:example:T;1&DeviceClientType=a%2Fb",
                     "/?DeviceClientType=x&api-version=2018-06-30&"):
            with self.subTest(tail=tail):
                self.client(user=f"{HOST_NAME}/{self.device}{tail}").send(DISCONNECT)

    def test_user_name_fields_are_decoded(self):
        user = f"{HOST_NAME}/{self.device}/?api-version=2021-04-12&model-id=dtmi:a:T;1&DeviceClientType=py%2F1%20(x)"
        self.client(user=user)
        seen = self.hub.wait_for("connected", device=self.device)
        self.assertEqual((seen["api_version"], seen["model_id"], seen["client_type"]),
                         ("2021-04-12", "dtmi:a:T;1", "py/1 (x)"))

    def test_host_name_with_a_port(self):
        host = f"{HOST_NAME}:{self.hub.port}"
        token = sas_token(f"{host}/devices/{self.device}", key_of(self.device))
        self.client(user=f"{host}/{self.device}/?api-version=2021-04-12", password=token)

    def test_host_name_with_a_port_that_the_token_lacks(self):
        user = f"{HOST_NAME}:8883/{self.device}/?api-version=2021-04-12"
        self.assert_login_refused(5, "sas_resource_mismatch", user=user)

    def test_tokens_in_the_spellings_of_the_sdks(self):
        spellings = (lambda t: t, lambda t: t.replace("/", "%2f"), lambda t: t.replace("/", "%2F"),
                     lambda t: t.replace("/", "%2F") + "%2Fapi-version%3D2016-11-14")
        for quote in spellings:
            resource = f"{HOST_NAME}/devices/{self.device}"
            with self.subTest(sr=quote(resource)):
                self.client(password=sas_token(resource, key_of(self.device), quote=quote)).send(DISCONNECT)

    def test_secondary_key(self):
        self.client(password=self.token(key=key_of(self.device, True)))
        self.hub.wait_for("connected", device=self.device, key="secondary")

    def test_E17_token_expiry_closes_a_connection(self):
        client = self.client(password=self.token(expiry=time.time() + 3))
        self.assertFalse(client.is_closed(timeout=0.3))
        self.assert_closes(client, "token_expired")

    def test_token_that_never_expires(self):
        self.assertTrue(self.client(password=self.token(expiry=2**64 - 1)).is_silent())


    def test_what_the_service_ignores_in_a_user_name_is_shown(self):
        self.client(user=f"{HOST_NAME}/{self.device}/?api-version=2021-04-12&DeviceClientType=a/1.0&model-id=x")
        seen = self.hub.wait_for("connected", device=self.device)
        self.assertEqual((seen["client_type"], seen["ignored"], "model_id" in seen), ("a", "1.0&model-id=x", False))


class Policies(hub.HubTest):
    POLICIES = [{"name": "iothubowner", "primary_key": key_of("owner"), "secondary_key": key_of("owner", True)},
                {"name": "device", "primary_key": key_of("all devices")},
                {"name": "service", "primary_key": key_of("service")},
                {"name": "my own/one", "primary_key": key_of("mine"), "device_connect": True}]

    @classmethod
    def setUpClass(cls):
        devices = [{"id": f"d{n}", "primary_key": key_of(f"d{n}")} for n in range(1, 20)]
        devices.append({"id": "disabled", "primary_key": key_of("disabled"), "enabled": False})
        cls.hub = hub.Hub(devices=devices, policies=cls.POLICIES)

    def token(self, policy, key, resource=None, device=None):
        return sas_token(resource or f"{HOST_NAME}/devices/{device or self.device}", key, policy=policy)

    def assert_token_refused(self, reason, token, code=5, device=None):
        self.assert_refused(self.hub.login(device or self.device, password=token), code, reason)

    def test_a_policy_that_may_connect_devices(self):
        for policy, key, which in (("iothubowner", key_of("owner"), "primary"),
                                   ("iothubowner", key_of("owner", True), "secondary"),
                                   ("device", key_of("all devices"), "primary"),
                                   ("my own/one", key_of("mine"), "primary")):
            for resource in (None, HOST_NAME):
                with self.subTest(policy=policy, resource=resource):
                    client = self.client(password=self.token(policy, key, resource))
                    self.hub.wait_for("connected", device=self.device, policy=policy, key=which)
                    client.send(publish(self.events_topic(), "x", 1, 1), DISCONNECT)
                    self.assertEqual(client.receive(), puback(1))
                    self.assertTrue(client.is_closed())
        self.assertIn('"scope":"hub"', self.telemetry()["system"]["iothub-connection-auth-method"])

    def test_a_token_with_a_policy_is_not_signed_with_the_devices_key(self):
        self.assert_token_refused("sas_signature_mismatch", self.token("device", key_of(self.device)))

    def test_a_token_without_a_policy_is_not_signed_with_a_policys_key(self):
        self.assert_token_refused("sas_signature_mismatch", self.token(None, key_of("owner")))

    def test_the_key_of_another_policy(self):
        self.assert_token_refused("sas_signature_mismatch", self.token("device", key_of("owner")))

    def test_a_policy_for_the_service_side(self):
        self.assert_token_refused("policy_without_device_connect", self.token("service", key_of("service")))
        self.assert_token_refused("sas_signature_mismatch", self.token("service", key_of("owner")))

    def test_a_policy_that_is_unknown(self):
        for name in ("nobody", "Device", "device "):
            self.assert_token_refused("unknown_policy", self.token(name, key_of("all devices")))

    def test_an_empty_policy_name_is_none(self):  # as Microsoft's SDK for C writes it
        self.client(password=self.token("", key_of(self.device)))
        self.assertNotIn("policy", self.hub.wait_for("connected", device=self.device))

    def test_a_policy_token_for_another_resource(self):
        token = self.token("device", key_of("all devices"), f"{HOST_NAME}/devices/d20")
        self.assert_token_refused("sas_resource_mismatch", token)

    def test_a_disabled_device_with_a_policy(self):
        token = self.token("device", key_of("all devices"), device="disabled")
        self.assert_token_refused("device_disabled", token, 3, "disabled")


class Grace(hub.HubTest):
    arguments = ("--token-grace", "300")

    def test_E17_a_token_works_for_a_while_past_its_expiry(self):
        resource, key = f"{HOST_NAME}/devices/{self.device}", key_of(self.device)
        self.assertTrue(self.client(password=sas_token(resource, key, time.time() - 60)).is_silent())
        late = sas_token(resource, key, time.time() - 400)
        self.assert_refused(self.hub.login(self.device, password=late), 5, "sas_token_expired")


class Golden(unittest.TestCase):
    def test_a_connect_made_by_other_programs_is_taken(self):
        # Key 00 01 .. 1f, expiry 2100-01-01; signature and packet from two other implementations.
        token = ("SharedAccessSignature sr=contoso-test.azure-devices.net%2Fdevices%2Fdev-01"
                 "&sig=FQ4xOViUOh6WqmfbaA6%2FYdExwumqsfi2y3yGL5hdF7U%3D&se=4102444800")
        running = hub.Hub(host_name="contoso-test.azure-devices.net", devices=[
            {"id": "dev-01", "primary_key": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="}])
        self.addCleanup(running.kill)
        client = hub.Client(running)
        self.addCleanup(client.socket.close)
        client.send(connect("dev-01", "contoso-test.azure-devices.net/dev-01/?api-version=2021-04-12", token,
                            clean=False, keep_alive=240))
        self.assertEqual(client.receive().hex(), "20020000")
        # D2C at QoS 1, captured elsewhere as well.
        client.send(bytes.fromhex(
            "325b0050646576696365732f6465762d30312f6d657373616765732f6576656e74732f2532342e6d69643d6d31262532342e"
            "63743d6170706c69636174696f6e2532466a736f6e262532342e63653d7574662d3800037b2274223a317d"))
        self.assertEqual(client.receive().hex(), "40020003")
        self.assertEqual(running.wait_for("telemetry")["system"]["content-type"], "application/json")
        self.assertEqual(running.stop(), (0, "", []))


class Session(hub.HubTest):
    def will(self, message, **more):
        return {"topic": self.events_topic(), "message": message, **more}

    def test_E13_newer_connection_wins_and_the_older_ones_will_is_sent(self):
        older = self.client(will=self.will("replaced"))
        newer = self.client()
        self.assert_closes(older, "replaced")
        self.assertEqual(self.telemetry()["payload"], "replaced")
        newer.send(PINGREQ)
        self.assertEqual(newer.receive(), PINGRESP)

    def test_E15_session_survives_disconnect(self):
        first = self.client((C2D, 1), clean=False)
        self.assertEqual(first.session_present, 0)
        first.send(DISCONNECT)
        self.assertTrue(first.is_closed())
        second = self.client(clean=False)
        self.assertEqual(second.session_present, 1)
        self.assertTrue(self.hub.control(op="c2d", device=self.device, payload="still here")["deliverable"])
        self.assertEqual(second.receive_publish().payload, b"still here")

    def test_E15_clean_session_forgets(self):
        self.client((C2D, 1), clean=False).send(DISCONNECT)
        clean = self.client()
        self.assertEqual(clean.session_present, 0)
        clean.send(DISCONNECT)
        self.assertEqual(self.client(clean=False).session_present, 0)

    def test_E16_silence_of_one_and_a_half_keep_alives_closes(self):
        began = time.monotonic()
        self.assert_closes(self.client(keep_alive=1, will=self.will("silent")), "keep_alive_timeout")
        self.assertGreater(time.monotonic() - began, 1.4)
        self.assertEqual(self.telemetry()["payload"], "silent")

    def test_E16_E25_pings_keep_a_connection(self):
        client = self.client(keep_alive=1)
        for _ in range(4):
            time.sleep(0.6)
            client.send(PINGREQ)
            self.assertEqual(client.receive(), PINGRESP)

    def test_E18_disconnect_drops_the_will(self):
        client = self.client(will=self.will("never"))
        client.send(DISCONNECT)
        self.assert_closes(client, "disconnect")
        self.assertEqual(self.hub.count("telemetry", device=self.device), 0)

    def test_E18_without_a_will_nothing_is_sent(self):
        self.client().kill()
        self.hub.wait_for("disconnected", device=self.device, reason="connection_lost")
        client = self.client()  # what the first one left would be there by now
        client.send(publish(self.events_topic(), "later", 1, 1))
        self.assertEqual(client.receive(), puback(1))
        self.assertEqual(self.telemetry()["payload"], "later")
        self.assertEqual(self.hub.count("telemetry", device=self.device), 1)
        self.assertEqual(self.hub.count("will_dropped", device=self.device), 0)

    def test_E18_a_dead_socket_sends_the_will(self):
        will = {"topic": self.events_topic("a=b"), "message": "bye", "qos": 1}
        self.client(will=will).kill()
        seen = self.telemetry()
        self.assertEqual((seen["payload"], seen["properties"]), ("bye", {"a": "b", "iothub-MessageType": "Will"}))
        self.hub.wait_for("disconnected", device=self.device, reason="connection_lost")

    def test_E18_a_protocol_error_sends_the_will(self):
        client = self.client(will=self.will("bye", retain=True))
        client.send(b"\xf0\x00")
        self.assert_closes(client, "malformed_packet")
        self.assertEqual(self.telemetry()["properties"], {"iothub-MessageType": "Will", "mqtt-retain": "true"})

    def test_E18_a_refused_connect_sends_no_will(self):
        self.assert_refused(self.hub.login(self.device, password="x", will=self.will("x")), 5, "invalid_sas_token")
        self.assertEqual(self.hub.count("telemetry", device=self.device), 0)

    def test_E18_a_will_for_another_topic_is_dropped(self):
        self.client(will={"topic": "devices/d40/messages/events/", "message": "x"}).kill()
        self.hub.wait_for("will_dropped", device=self.device)

    def test_the_service_can_disconnect_a_device(self):
        client = self.client()
        self.assertTrue(self.hub.control(op="disconnect", device=self.device)["was_connected"])
        self.assert_closes(client, "disconnected_by_service")
        self.assertFalse(self.hub.control(op="disconnect", device=self.device)["was_connected"])


if __name__ == "__main__":
    unittest.main()
