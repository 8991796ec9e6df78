// SPDX-License-Identifier: BSL-1.0
// The codec of FuseSource's mqtt-client, for reference. Prints one JSON object, operation -> nanoseconds.
//   java FusesourceMqtt VERSION MILLISECONDS
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.util.Arrays;
import org.fusesource.hawtbuf.Buffer;
import org.fusesource.hawtbuf.DataByteArrayOutputStream;
import org.fusesource.hawtbuf.UTF8Buffer;
import org.fusesource.mqtt.client.QoS;
import org.fusesource.mqtt.client.Topic;
import org.fusesource.mqtt.codec.CONNACK;
import org.fusesource.mqtt.codec.CONNECT;
import org.fusesource.mqtt.codec.MQTTFrame;
import org.fusesource.mqtt.codec.MQTTProtocolCodec;
import org.fusesource.mqtt.codec.PINGREQ;
import org.fusesource.mqtt.codec.PUBACK;
import org.fusesource.mqtt.codec.PUBLISH;
import org.fusesource.mqtt.codec.SUBACK;
import org.fusesource.mqtt.codec.SUBSCRIBE;

final class FusesourceMqtt extends MQTTProtocolCodec {
  private static final UTF8Buffer TOPIC = new UTF8Buffer(Reference.TOPIC);
  private static final Buffer PAYLOAD = new Buffer(Reference.PAYLOAD);

  private ByteBuffer input = ByteBuffer.allocate(0);

  private FusesourceMqtt() {
    writeBufferSize = 1024;
    readBufferSize = 1024;
    nextWriteBuffer = new DataByteArrayOutputStream(writeBufferSize);
    readBuffer = ByteBuffer.allocate(readBufferSize);
    nextDecodeAction = initialDecodeAction();
    readChannel = new ReadableByteChannel() {
      @Override
      public int read(ByteBuffer to) {
        int count = Math.min(to.remaining(), input.remaining());
        to.put(input.array(), input.position(), count);
        input.position(input.position() + count);
        return count;
      }
      @Override
      public boolean isOpen() {
        return true;
      }
      @Override
      public void close() {}
    };
  }

  private byte[] written(MQTTFrame frame) throws IOException {
    nextWriteBuffer.reset();
    encode(frame);
    return nextWriteBuffer.toBuffer().toByteArray();
  }
  private MQTTFrame frame(byte[] octets) throws IOException {
    input = ByteBuffer.wrap(octets);
    return (MQTTFrame) read();
  }

  public static void main(String[] arguments) throws Exception {
    Reference all = new Reference(arguments[1]);
    FusesourceMqtt codec = new FusesourceMqtt();
    CONNECT connect = new CONNECT().version(4).cleanSession(true).keepAlive((short) Reference.KEEP_ALIVE)
        .clientId(new UTF8Buffer(Reference.CLIENT_ID)).userName(new UTF8Buffer(Reference.USER_NAME))
        .password(new UTF8Buffer(Reference.PASSWORD)).willTopic(new UTF8Buffer(Reference.WILL_TOPIC))
        .willMessage(new UTF8Buffer(Reference.WILL_MESSAGE)).willQos(QoS.AT_LEAST_ONCE).willRetain(false);
    Topic[] topics = {new Topic(Reference.FILTERS[0], QoS.AT_LEAST_ONCE), new Topic(Reference.FILTERS[1], QoS.AT_MOST_ONCE),
        new Topic(Reference.FILTERS[2], QoS.AT_MOST_ONCE)};
    all.encoding("connect_will", Reference.CONNECT, () -> codec.written(connect.encode()));
    all.encoding("publish_q1_128", Reference.PUBLISH, () -> codec.written(new PUBLISH().topicName(TOPIC).payload(PAYLOAD)
        .qos(QoS.AT_LEAST_ONCE).messageId((short) Reference.ID).encode()));
    all.encoding("subscribe_3", Reference.SUBSCRIBE,
        () -> codec.written(new SUBSCRIBE().topics(topics).messageId((short) Reference.ID).encode()));
    all.encoding("puback", Reference.PUBACK, () -> codec.written(new PUBACK().messageId((short) Reference.ID).encode()));
    all.encoding("pingreq", Reference.PINGREQ, () -> codec.written(new PINGREQ().encode()));
    all.decoding("decode_connack",
        () -> new CONNACK().decode(codec.frame(Reference.CONNACK)).code() == CONNACK.Code.CONNECTION_ACCEPTED);
    all.decoding("decode_puback", () -> new PUBACK().decode(codec.frame(Reference.PUBACK)).messageId() == Reference.ID);
    all.decoding("decode_suback_3", () -> {
      SUBACK p = new SUBACK().decode(codec.frame(Reference.SUBACK));
      return p.messageId() == Reference.ID && Arrays.equals(p.grantedQos(), new byte[] {1, 0, (byte) 0x80});
    });
    all.decoding("decode_publish_128_unchecked", () -> {
      PUBLISH p = new PUBLISH().decode(codec.frame(Reference.PUBLISH));
      return p.topicName().equals(TOPIC) && p.messageId() == Reference.ID && p.payload().equals(PAYLOAD);
    });
    all.print("FuseSource mqtt-client " + arguments[0]);
  }
}
