#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""A device that knows nothing of hubwire: Eclipse Paho sends telemetry, reads its twin, reports a property.

  IOTHUB_SAS_TOKEN='SharedAccessSignature ...' paho_device.py HOST PORT DEVICE CA_FILE
"""
import os
import queue
import sys

import paho.mqtt.client as mqtt

WAIT = 10  # seconds for each answer of the hub


def new_client(device):
    if hasattr(mqtt, "CallbackAPIVersion"):  # Paho 2
        return mqtt.Client(mqtt.CallbackAPIVersion.VERSION1, client_id=device, protocol=mqtt.MQTTv311)
    return mqtt.Client(client_id=device, protocol=mqtt.MQTTv311)


def main():
    host, port, device, ca_file = sys.argv[1:]
    happened = queue.Queue()

    def expect(kind):
        what = happened.get(timeout=WAIT)
        if what[0] != kind:
            raise RuntimeError(f"expected {kind}, got {what}")
        return what[1]

    client = new_client(device)
    client.username_pw_set(f"{host}/{device}/?api-version=2021-04-12", os.environ["IOTHUB_SAS_TOKEN"])
    client.tls_set(ca_certs=ca_file)
    client.on_connect = lambda c, u, flags, code: happened.put(("connected", code))
    client.on_subscribe = lambda c, u, mid, granted: happened.put(("subscribed", list(granted)))
    client.on_publish = lambda c, u, mid: happened.put(("published", mid))
    client.on_message = lambda c, u, message: happened.put(("message", message))

    client.connect(host, int(port), keepalive=60)
    client.loop_start()
    try:
        print("connected, CONNACK", expect("connected"), flush=True)

        bag = "%24.ct=application%2Fjson&%24.ce=utf-8&made%20by=Paho%20%26%20friends"
        client.publish(f"devices/{device}/messages/events/{bag}", '{"from":"paho"}', qos=1)
        expect("published")
        print("telemetry acknowledged", flush=True)

        client.subscribe("$iothub/twin/res/#", qos=0)
        print("subscribed, granted", expect("subscribed"), flush=True)

        client.publish("$iothub/twin/GET/?$rid=1", "")
        expect("published")
        answer = expect("message")
        print("twin:", answer.topic, answer.payload.decode(), flush=True)

        client.publish("$iothub/twin/PATCH/properties/reported/?$rid=2", '{"stranger":"paho"}')
        expect("published")
        answer = expect("message")
        print("reported:", answer.topic, flush=True)
    finally:
        client.disconnect()
        client.loop_stop()


if __name__ == "__main__":
    try:
        main()
    except queue.Empty:
        sys.exit("no answer from the hub")
