import com.snowflake.ingest.streaming.*;
import java.util.*;

/** Opens a channel, appends, waits for the commit, reopens, is fenced and drops, with Snowflake's Java SDK. */
public class Streaming {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.put("url", args[0]);
    properties.put("user", "U");
    properties.put("account", "ACCT");
    properties.put("private_key_file", args[1]);
    try (SnowflakeStreamingIngestClient client =
        SnowflakeStreamingIngestClientFactory.builder("C", "DB", "PUBLIC", "T-STREAMING").setProperties(properties).build()) {
      OpenChannelResult opened = client.openChannel("C1", null);
      SnowflakeStreamingIngestChannel channel = opened.getChannel();
      print("opened", opened.getChannelStatus().getStatusCode());
      for (int i = 0; i < 10; i++) channel.appendRow(row(i), String.valueOf(i));
      waitFor(channel, "9");
      print("committed", channel.getLatestCommittedOffsetToken());
      channel.close();
      OpenChannelResult again = client.openChannel("C1", null);
      print("reopened", again.getChannelStatus().getLatestCommittedOffsetToken());
      again.getChannel().appendRow(row(10), "10");
      waitFor(again.getChannel(), "10");
      print("after", again.getChannel().getChannelStatus().getRowsInsertedCount(), again.getChannel().getChannelStatus().getRowsErrorCount());
      again.getChannel().close();
      client.dropChannel("C1");
      print("dropped");
    }
    System.exit(0);
  }

  private static Map<String, Object> row(int i) {
    Map<String, Object> row = new HashMap<>();
    row.put("N", i);
    row.put("RECORD_CONTENT", Map.of("id", i, "text", "x".repeat(50)));
    return row;
  }

  private static void waitFor(SnowflakeStreamingIngestChannel channel, String token) throws Exception {
    for (int i = 0; i < 300 && !token.equals(channel.getLatestCommittedOffsetToken()); i++) Thread.sleep(100);
  }

  private static void print(String name, Object... values) {
    System.out.println("RESULT " + name + " " + Arrays.toString(values));
  }
}
