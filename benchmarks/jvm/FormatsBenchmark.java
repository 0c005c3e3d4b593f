import io.apicurio.registry.utils.converter.avro.AvroData;
import java.io.DataInputStream;
import java.io.EOFException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.ToIntFunction;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.connect.data.SchemaAndValue;
import org.apache.kafka.connect.json.JsonConverter;

/**
 * java FormatsBenchmark.java avro|json SECONDS WARM-UP-SECONDS SAMPLES [SCHEMA]: from a record's bytes to Connect data and on to JSON, without a schema
 * inside, by the classes that a Connect worker runs. SAMPLES: each with its length (4 bytes) in front. Prints nanoseconds of CPU a record.
 */
public final class FormatsBenchmark {
  private static final com.sun.management.OperatingSystemMXBean SYSTEM =
      (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  public static void main(String[] args) throws Exception {
    double seconds = Double.parseDouble(args[1]);
    List<byte[]> samples = samples(Path.of(args[3]));
    ToIntFunction<byte[]> row = args[0].equals("avro") ? avro(Files.readString(Path.of(args[4]))) : json();
    run(samples, row, Double.parseDouble(args[2])); // the compiler warms up
    double best = Math.min(run(samples, row, seconds / 2), run(samples, row, seconds / 2));
    System.out.println(Math.round(best));
  }

  private static double run(List<byte[]> samples, ToIntFunction<byte[]> row, double seconds) {
    long started = SYSTEM.getProcessCpuTime();
    long rows = 0;
    long bytes = 0;
    while (SYSTEM.getProcessCpuTime() - started < seconds * 1e9) {
      for (byte[] sample : samples) bytes += row.applyAsInt(sample);
      rows += samples.size();
    }
    if (bytes == 0) throw new IllegalStateException("no rows");
    return (double) (SYSTEM.getProcessCpuTime() - started) / rows;
  }

  private static ToIntFunction<byte[]> avro(String text) {
    Schema schema = new Schema.Parser().parse(text);
    GenericDatumReader<GenericRecord> reader = new GenericDatumReader<>(schema);
    AvroData data = new AvroData(100);
    JsonConverter writer = converter(false);
    BinaryDecoder[] decoder = new BinaryDecoder[1];
    return bytes -> {
      try {
        decoder[0] = DecoderFactory.get().binaryDecoder(bytes, decoder[0]);
        SchemaAndValue value = data.toConnectData(schema, reader.read(null, decoder[0]));
        return writer.fromConnectData("orders", value.schema(), value.value()).length;
      } catch (java.io.IOException error) {
        throw new java.io.UncheckedIOException(error);
      }
    };
  }

  private static ToIntFunction<byte[]> json() {
    JsonConverter reader = converter(true);
    JsonConverter writer = converter(false);
    return bytes -> {
      SchemaAndValue value = reader.toConnectData("orders", bytes);
      return writer.fromConnectData("orders", value.schema(), value.value()).length;
    };
  }

  private static JsonConverter converter(boolean schemas) {
    JsonConverter converter = new JsonConverter();
    converter.configure(Map.of("schemas.enable", String.valueOf(schemas), "decimal.format", "NUMERIC"), false);
    return converter;
  }

  private static List<byte[]> samples(Path file) throws Exception {
    List<byte[]> samples = new ArrayList<>();
    try (DataInputStream in = new DataInputStream(Files.newInputStream(file))) {
      while (true) samples.add(in.readNBytes(in.readInt()));
    } catch (EOFException end) {
      return samples;
    }
  }
}
