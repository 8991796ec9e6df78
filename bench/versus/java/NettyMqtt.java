// SPDX-License-Identifier: BSL-1.0
// Netty's codec for MQTT, for reference: what its handlers call, without a channel around them. Prints one JSON object,
// operation -> nanoseconds.
//   java NettyMqtt VERSION MILLISECONDS
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.mqtt.MqttConnAckMessage;
import io.netty.handler.codec.mqtt.MqttConnectReturnCode;
import io.netty.handler.codec.mqtt.MqttDecoder;
import io.netty.handler.codec.mqtt.MqttEncoder;
import io.netty.handler.codec.mqtt.MqttFixedHeader;
import io.netty.handler.codec.mqtt.MqttMessage;
import io.netty.handler.codec.mqtt.MqttMessageBuilders;
import io.netty.handler.codec.mqtt.MqttMessageIdVariableHeader;
import io.netty.handler.codec.mqtt.MqttMessageType;
import io.netty.handler.codec.mqtt.MqttPubAckMessage;
import io.netty.handler.codec.mqtt.MqttPublishMessage;
import io.netty.handler.codec.mqtt.MqttQoS;
import io.netty.handler.codec.mqtt.MqttSubAckMessage;
import io.netty.handler.codec.mqtt.MqttVersion;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

final class NettyMqtt {
  private static final ByteBufAllocator MEMORY = new UnpooledByteBufAllocator(false);
  private static final MqttDecoder DECODER = new MqttDecoder();
  private static final MethodHandle ENCODE;
  private static final MethodHandle DECODE;
  private static final List<Object> FOUND = new ArrayList<>();

  // Both are not public; what calls them makes a list and an event of each packet.
  static {
    try {
      ENCODE = MethodHandles.privateLookupIn(MqttEncoder.class, MethodHandles.lookup())
          .findStatic(MqttEncoder.class, "doEncode", MethodType.methodType(ByteBuf.class, ByteBufAllocator.class, MqttMessage.class));
      DECODE = MethodHandles.privateLookupIn(MqttDecoder.class, MethodHandles.lookup())
          .findVirtual(MqttDecoder.class, "decode",
              MethodType.methodType(void.class, ChannelHandlerContext.class, ByteBuf.class, List.class));
    } catch (ReflectiveOperationException missing) {
      throw new ExceptionInInitializerError(missing);
    }
  }

  @SuppressWarnings("unchecked")
  private static <T> T read(byte[] octets) {
    FOUND.clear();
    try {
      DECODE.invokeExact(DECODER, (ChannelHandlerContext) null, Unpooled.wrappedBuffer(octets), FOUND);
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
    return (T) FOUND.get(0);
  }
  private static byte[] written(MqttMessage message) {
    ByteBuf made;
    try {
      made = (ByteBuf) ENCODE.invokeExact(MEMORY, message);
    } catch (Throwable failure) {
      throw new IllegalStateException(failure);
    }
    byte[] octets = new byte[made.readableBytes()];
    made.readBytes(octets);
    made.release();
    return octets;
  }
  private static MqttFixedHeader head(MqttMessageType type) {
    return new MqttFixedHeader(type, false, MqttQoS.AT_MOST_ONCE, false, 0);
  }

  public static void main(String[] arguments) throws Exception {
    Reference all = new Reference(arguments[1]);
    all.encoding("connect_will", Reference.CONNECT,
        () -> written(MqttMessageBuilders.connect().protocolVersion(MqttVersion.MQTT_3_1_1).clientId(Reference.CLIENT_ID)
            .cleanSession(true).keepAlive(Reference.KEEP_ALIVE).willFlag(true).willQoS(MqttQoS.AT_LEAST_ONCE)
            .willTopic(Reference.WILL_TOPIC).willMessage(Reference.WILL_MESSAGE.getBytes(StandardCharsets.UTF_8))
            .hasUser(true).username(Reference.USER_NAME).hasPassword(true)
            .password(Reference.PASSWORD.getBytes(StandardCharsets.UTF_8)).build()));
    all.encoding("publish_q1_128", Reference.PUBLISH,
        () -> written(MqttMessageBuilders.publish().topicName(Reference.TOPIC).qos(MqttQoS.AT_LEAST_ONCE)
            .messageId(Reference.ID).payload(Unpooled.wrappedBuffer(Reference.PAYLOAD)).build()));
    all.encoding("subscribe_3", Reference.SUBSCRIBE,
        () -> written(MqttMessageBuilders.subscribe().messageId(Reference.ID)
            .addSubscription(MqttQoS.AT_LEAST_ONCE, Reference.FILTERS[0])
            .addSubscription(MqttQoS.AT_MOST_ONCE, Reference.FILTERS[1])
            .addSubscription(MqttQoS.AT_MOST_ONCE, Reference.FILTERS[2]).build()));
    all.encoding("puback", Reference.PUBACK,
        () -> written(new MqttPubAckMessage(head(MqttMessageType.PUBACK), MqttMessageIdVariableHeader.from(Reference.ID))));
    all.encoding("pingreq", Reference.PINGREQ, () -> written(new MqttMessage(head(MqttMessageType.PINGREQ))));
    all.decoding("decode_connack", () -> {
      MqttConnAckMessage p = read(Reference.CONNACK);
      return p.variableHeader().isSessionPresent()
          && p.variableHeader().connectReturnCode() == MqttConnectReturnCode.CONNECTION_ACCEPTED;
    });
    all.decoding("decode_puback", () -> {
      MqttPubAckMessage p = read(Reference.PUBACK);
      return p.variableHeader().messageId() == Reference.ID;
    });
    all.decoding("decode_suback_3", () -> {
      MqttSubAckMessage p = read(Reference.SUBACK);
      return p.variableHeader().messageId() == Reference.ID && p.payload().grantedQoSLevels().equals(List.of(1, 0, 0x80));
    });
    all.decoding("decode_publish_128_unchecked", () -> {
      MqttPublishMessage p = read(Reference.PUBLISH);
      boolean good = p.variableHeader().topicName().equals(Reference.TOPIC) && p.variableHeader().packetId() == Reference.ID
          && p.payload().readableBytes() == Reference.PAYLOAD.length && p.payload().getByte(127) == Reference.PAYLOAD[127];
      p.release();
      return good;
    });
    all.print("netty-codec-mqtt " + arguments[0]);
  }
}
