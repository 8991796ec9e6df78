// SPDX-License-Identifier: BSL-1.0
// Eclipse Paho's Go client, its package packets, for reference. Prints one JSON object, operation -> nanoseconds.
//
//	paho_go VERSION MILLISECONDS
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/eclipse/paho.mqtt.golang/packets"
)

const (
	topic    = "devices/device-0042a/messages/events/%24.ct=application%2Fjson&seq=170"
	clientID = "device-0042a"
	userName = "contoso-hub-001.azure-devices.net/device-0042a/?api-version=2020-09-30&DeviceClientType=c20"
	password = "SharedAccessSignature sr=contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a&" +
		"sig=q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&se=1767225600&skn=primary-device-key-name"
	willTopic   = "devices/device-0042a/messages/events/state=off"
	willMessage = `{"status":"offline","rsn":7}`
	packetID    = 0x1234
)

var filters = []string{"devices/device-0042a/messages/devicebound/#", "$iothub/methods/POST/#", "$iothub/twin/res/#"}
var qoss = []byte{1, 0, 0}

// The packets written down naively.
func number16(n int) []byte { return []byte{byte(n >> 8), byte(n)} }
func field(text string) []byte {
	return append(number16(len(text)), text...)
}
func packet(first byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	made := []byte{first}
	for rest := len(body); ; rest /= 128 {
		if rest < 128 {
			made = append(made, byte(rest))
			break
		}
		made = append(made, byte(rest%128|128))
	}
	return append(made, body...)
}

type operation struct {
	name string
	run  func() bool // whether the result is right; cheap where that is timed
}

var sink bytes.Buffer

func encoding(name string, one packets.ControlPacket, expected []byte) operation {
	sink.Reset()
	if err := one.Write(&sink); err != nil || !bytes.Equal(sink.Bytes(), expected) {
		panic(name + ": wrong result")
	}
	return operation{name, func() bool {
		sink.Reset()
		return one.Write(&sink) == nil
	}}
}

func decoding(name string, input []byte, good func(packets.ControlPacket) bool) operation {
	reader := bytes.NewReader(input)
	one, err := packets.ReadPacket(reader)
	if err != nil || !good(one) {
		panic(name + ": wrong result")
	}
	return operation{name, func() bool {
		reader.Reset(input)
		_, err := packets.ReadPacket(reader)
		return err == nil
	}}
}

func operations() []operation {
	payload := make([]byte, 128)
	for i := range payload {
		payload[i] = byte('a' + i*7%26)
	}
	connect := packets.NewControlPacket(packets.Connect).(*packets.ConnectPacket)
	connect.ProtocolName, connect.ProtocolVersion = "MQTT", 4
	connect.CleanSession, connect.Keepalive, connect.ClientIdentifier = true, 240, clientID
	connect.WillFlag, connect.WillQos, connect.WillTopic, connect.WillMessage = true, 1, willTopic, []byte(willMessage)
	connect.UsernameFlag, connect.Username = true, userName
	connect.PasswordFlag, connect.Password = true, []byte(password)
	publish := packets.NewControlPacket(packets.Publish).(*packets.PublishPacket)
	publish.Qos, publish.TopicName, publish.MessageID, publish.Payload = 1, topic, packetID, payload
	subscribe := packets.NewControlPacket(packets.Subscribe).(*packets.SubscribePacket)
	subscribe.MessageID, subscribe.Topics, subscribe.Qoss = packetID, filters, qoss
	puback := packets.NewControlPacket(packets.Puback).(*packets.PubackPacket)
	puback.MessageID = packetID

	subscriptions := [][]byte{number16(packetID)}
	for i, filter := range filters {
		subscriptions = append(subscriptions, field(filter), qoss[i:i+1])
	}
	published := packet(0x32, field(topic), number16(packetID), payload)
	acknowledged := packet(0x40, number16(packetID))
	return []operation{
		encoding("connect_will", connect, packet(0x10, field("MQTT"), []byte{4, 0xCE}, number16(240), field(clientID),
			field(willTopic), field(willMessage), field(userName), field(password))),
		encoding("publish_q1_128", publish, published),
		encoding("subscribe_3", subscribe, packet(0x82, subscriptions...)),
		encoding("puback", puback, acknowledged),
		encoding("pingreq", packets.NewControlPacket(packets.Pingreq), packet(0xC0)),
		decoding("decode_connack", packet(0x20, []byte{1, 0}), func(p packets.ControlPacket) bool {
			return p.(*packets.ConnackPacket).SessionPresent && p.(*packets.ConnackPacket).ReturnCode == 0
		}),
		decoding("decode_puback", acknowledged, func(p packets.ControlPacket) bool {
			return p.(*packets.PubackPacket).MessageID == packetID
		}),
		decoding("decode_suback_3", packet(0x90, number16(packetID), []byte{1, 0, 0x80}), func(p packets.ControlPacket) bool {
			return bytes.Equal(p.(*packets.SubackPacket).ReturnCodes, []byte{1, 0, 0x80})
		}),
		decoding("decode_publish_128_unchecked", published, func(p packets.ControlPacket) bool {
			got := p.(*packets.PublishPacket)
			return got.TopicName == topic && bytes.Equal(got.Payload, payload) && got.MessageID == packetID
		}),
	}
}

func main() {
	milliseconds, _ := strconv.Atoi(os.Args[2])
	results := map[string]float64{}
	for _, one := range operations() {
		best := 0.0
		for end := time.Now().Add(time.Duration(milliseconds) * time.Millisecond); time.Now().Before(end); {
			const batch = 500
			start := time.Now()
			for i := 0; i < batch; i++ {
				if !one.run() {
					panic(one.name)
				}
			}
			spent := float64(time.Since(start).Nanoseconds()) / batch
			if best == 0 || spent < best {
				best = spent
			}
		}
		results[one.name] = best
	}
	made, _ := json.Marshal(map[string]any{
		"library": fmt.Sprintf("paho.mqtt.golang %s (%s)", os.Args[1], runtime.Version()), "ns": results})
	fmt.Println(string(made))
}
