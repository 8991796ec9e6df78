// SPDX-License-Identifier: BSL-1.0
// What the references in Java share: the data, packets written down naively, the stopwatch.
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.StringJoiner;

final class Reference {
  static final String TOPIC = "devices/device-0042a/messages/events/%24.ct=application%2Fjson&seq=170";
  static final String CLIENT_ID = "device-0042a";
  static final String USER_NAME =
      "contoso-hub-001.azure-devices.net/device-0042a/?api-version=2020-09-30&DeviceClientType=c20";
  static final String PASSWORD = "SharedAccessSignature sr=contoso-hub-001.azure-devices.net%2Fdevices%2Fdevice-0042a&"
      + "sig=q8u%2BNfAqm4Zc2yUJ0iYtW4mUjP3C1gq8l2k9vV0d5sE%3D&se=1767225600&skn=primary-device-key-name";
  static final String WILL_TOPIC = "devices/device-0042a/messages/events/state=off";
  static final String WILL_MESSAGE = "{\"status\":\"offline\",\"rsn\":7}";
  static final String[] FILTERS = {"devices/device-0042a/messages/devicebound/#", "$iothub/methods/POST/#", "$iothub/twin/res/#"};
  static final int ID = 0x1234;
  static final int KEEP_ALIVE = 240;
  static final byte[] PAYLOAD = new byte[128];

  static {
    for (int i = 0; i != PAYLOAD.length; ++i) PAYLOAD[i] = (byte) ('a' + i * 7 % 26);
  }

  static final byte[] CONNECT = packet(0x10, field("MQTT"), of(4, 0xCE), of(KEEP_ALIVE >> 8, KEEP_ALIVE), field(CLIENT_ID),
      field(WILL_TOPIC), field(WILL_MESSAGE), field(USER_NAME), field(PASSWORD));
  static final byte[] PUBLISH = packet(0x32, field(TOPIC), number(), PAYLOAD);
  static final byte[] SUBSCRIBE =
      packet(0x82, number(), field(FILTERS[0]), of(1), field(FILTERS[1]), of(0), field(FILTERS[2]), of(0));
  static final byte[] PUBACK = packet(0x40, number());
  static final byte[] PINGREQ = packet(0xC0);
  static final byte[] CONNACK = packet(0x20, of(1, 0));
  static final byte[] SUBACK = packet(0x90, number(), of(1, 0, 0x80));

  interface Encoding {
    byte[] run() throws Exception;
  }
  interface Decoding {
    boolean run() throws Exception;  // whether the fields are right
  }

  private final Map<String, Double> results = new LinkedHashMap<>();
  private final long milliseconds;

  Reference(String milliseconds) {
    this.milliseconds = Long.parseLong(milliseconds);
  }

  void encoding(String name, byte[] expected, Encoding one) throws Exception {
    if (!Arrays.equals(one.run(), expected)) throw new IllegalStateException(name + ": wrong result");
    decoding(name, () -> one.run().length == expected.length);
  }

  // The shortest of many batches, once the compiler has seen enough of it.
  void decoding(String name, Decoding one) throws Exception {
    final int batch = 500;
    for (int i = 0; i != 200; ++i) timed(name, one, batch);
    double best = Double.MAX_VALUE;
    for (long end = System.nanoTime() + 1_000_000 * milliseconds; System.nanoTime() < end;)
      best = Math.min(best, timed(name, one, batch));
    results.put(name, best);
  }
  private static double timed(String name, Decoding one, int batch) throws Exception {
    long start = System.nanoTime();
    for (int i = 0; i != batch; ++i)
      if (!one.run()) throw new IllegalStateException(name + ": wrong result");
    return (double) (System.nanoTime() - start) / batch;
  }

  void print(String library) {
    StringJoiner rows = new StringJoiner(", ");
    results.forEach((name, ns) -> rows.add(String.format(Locale.ROOT, "\"%s\": %.1f", name, ns)));
    System.out.printf("{\"library\": \"%s (Java %s)\", \"ns\": {%s}}%n", library, Runtime.version().feature(), rows);
  }

  private static byte[] of(int... octets) {
    byte[] made = new byte[octets.length];
    for (int i = 0; i != octets.length; ++i) made[i] = (byte) octets[i];
    return made;
  }
  private static byte[] number() {
    return of(ID >> 8, ID);
  }
  private static byte[] field(String text) {
    byte[] octets = text.getBytes(StandardCharsets.UTF_8);
    return joined(of(octets.length >> 8, octets.length), octets);
  }
  private static byte[] joined(byte[]... parts) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] one : parts) all.writeBytes(one);
    return all.toByteArray();
  }
  private static byte[] packet(int first, byte[]... parts) {
    byte[] body = joined(parts);
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(first);
    int rest = body.length;
    for (; rest >= 128; rest /= 128) all.write(rest % 128 | 128);
    all.write(rest);
    all.writeBytes(body);
    return all.toByteArray();
  }
}
