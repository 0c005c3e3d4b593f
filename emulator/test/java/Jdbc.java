import java.io.ByteArrayInputStream;
import java.nio.file.*;
import java.sql.*;
import java.util.*;
import net.snowflake.client.api.connection.*;
import net.snowflake.client.api.resultset.SnowflakeResultSet;
import net.snowflake.client.api.statement.SnowflakeStatement;

/** Login by password and by key pair, types, binds, batch, transaction, metadata, error, several statements, asynchronous query, cancel, PUT, COPY, GET with Snowflake's JDBC driver. */
public class Jdbc {
  public static void main(String[] args) throws Exception {
    try (Connection connection = connect(args[0], "password", "secret")) {
      Statement statement = connection.createStatement();
      statement.execute("CREATE TABLE J (ID NUMBER(10,0) NOT NULL, NAME VARCHAR(20), AMOUNT NUMBER(10,2), AT TIMESTAMP_NTZ, D DATE, B BOOLEAN, V VARIANT)");
      PreparedStatement insert = connection.prepareStatement("INSERT INTO J (ID, NAME, AMOUNT, AT, D, B) VALUES (?, ?, ?, ?, ?, ?)");
      insert.setInt(1, 1);
      insert.setString(2, "it's");
      insert.setBigDecimal(3, new java.math.BigDecimal("12.50"));
      insert.setTimestamp(4, Timestamp.valueOf("2026-01-02 03:04:05.678"));
      insert.setDate(5, java.sql.Date.valueOf("2026-01-02"));
      insert.setBoolean(6, true);
      print("inserted", insert.executeUpdate());
      PreparedStatement batch = connection.prepareStatement("INSERT INTO J (ID, NAME) VALUES (?, ?)");
      for (int i = 2; i < 5; i++) {
        batch.setInt(1, i);
        batch.setString(2, "n" + i);
        batch.addBatch();
      }
      print("batch", Arrays.stream(batch.executeBatch()).sum());
      statement.execute("UPDATE J SET V = PARSE_JSON('{\"a\":[1,12345678901234567890123]}') WHERE ID = 1");
      ResultSet row = statement.executeQuery("SELECT ID, NAME, AMOUNT, AT, D, B, V, V:a[1]::STRING FROM J WHERE ID = 1");
      row.next();
      print("row", row.getLong(1), row.getString(2), row.getBigDecimal(3), row.getTimestamp(4).toInstant(), row.getDate(5), row.getBoolean(6), row.getString(7), row.getString(8));
      ResultSetMetaData metadata = row.getMetaData();
      List<String> types = new ArrayList<>();
      for (int i = 1; i <= metadata.getColumnCount(); i++) types.add(metadata.getColumnName(i) + " " + metadata.getColumnTypeName(i));
      print("types", types);
      connection.setAutoCommit(false);
      statement.execute("DELETE FROM J");
      connection.rollback();
      connection.setAutoCommit(true);
      ResultSet count = statement.executeQuery("SELECT COUNT(*) FROM J");
      count.next();
      print("count", count.getInt(1));
      try {
        statement.execute("SELECT * FROM NOPE");
      } catch (SQLException error) {
        print("error", error.getErrorCode(), error.getSQLState());
      }
      ResultSet tables = connection.getMetaData().getTables("DB", "PUBLIC", "%", new String[] {"TABLE"});
      List<String> names = new ArrayList<>();
      while (tables.next()) names.add(tables.getString("TABLE_NAME"));
      print("tables", names);
      ResultSet columns = connection.getMetaData().getColumns("DB", "PUBLIC", "J", "%");
      List<String> described = new ArrayList<>();
      while (columns.next()) described.add(columns.getString("COLUMN_NAME") + " " + columns.getString("TYPE_NAME") + " " + columns.getString("IS_NULLABLE"));
      print("columns", described);
      ResultSet keys = connection.getMetaData().getPrimaryKeys("DB", "PUBLIC", "J");
      print("keys", keys.next());
      statement.unwrap(SnowflakeStatement.class).setParameter("MULTI_STATEMENT_COUNT", 2);
      statement.execute("SELECT 1; SELECT 2");
      statement.getMoreResults();
      ResultSet second = statement.getResultSet();
      second.next();
      print("second", second.getInt(1));
      stages(connection, statement);
      try (Connection other = connect(args[0], "private_key_file", args[1])) {
        metadata(other);
        requests(connection, other);
      }
      print("valid", connection.isValid(5));
    }
  }

  private static Connection connect(String server, String how, String secret) throws SQLException {
    Properties properties = new Properties();
    properties.put("user", "U");
    properties.put(how, secret);
    properties.put("db", "DB");
    properties.put("schema", "PUBLIC");
    properties.put("ssl", "off");
    return DriverManager.getConnection("jdbc:snowflake://" + server, properties);
  }

  private static void metadata(Connection connection) throws SQLException {
    connection.createStatement().execute("CREATE VIEW SEEN AS SELECT ID FROM J");
    DatabaseMetaData metadata = connection.getMetaData();
    print("catalogs", cells(metadata.getCatalogs(), 1), cells(metadata.getSchemas(), 1, 2));
    print("views", cells(metadata.getTables("DB", "PUBLIC", "%", new String[] {"VIEW"}), 1, 2, 3, 4));
  }

  /** An asynchronous query, whose result another statement reads; a statement that waits for another session's lock, cancelled. */
  private static void requests(Connection connection, Connection other) throws Exception {
    ResultSet answer = other.createStatement().unwrap(SnowflakeStatement.class).executeAsyncQuery("SELECT 42");
    String id = answer.unwrap(SnowflakeResultSet.class).getQueryID();
    print("asynchronous", cells(answer, 1), cells(other.unwrap(SnowflakeConnection.class).createResultSet(id), 1));
    other.setAutoCommit(false);
    other.createStatement().execute("UPDATE J SET NAME = 'other'");
    Statement waiting = connection.createStatement();
    waiting.setQueryTimeout(2);
    try {
      waiting.execute("UPDATE J SET NAME = 'late'");
    } catch (SQLException error) {
      print("cancelled", error.getErrorCode(), error.getSQLState());
    }
    other.rollback();
  }

  /** PUT by path and by wildcard to a user's, a table's and a named stage; LIST, COPY INTO, GET, REMOVE; the driver's streams. */
  private static void stages(Connection connection, Statement statement) throws Exception {
    Path folder = Files.createTempDirectory("snowsink-jdbc");
    Path downloads = Files.createDirectory(folder.resolve("downloads"));
    Files.writeString(folder.resolve("one.json"), "{\"ID\":1}\n{\"ID\":2}\n");
    Files.writeString(folder.resolve("two.json"), "{\"ID\":3}\n");
    Files.writeString(folder.resolve("with space.json"), "{\"ID\":4}\n");
    statement.execute("CREATE TABLE L (ID NUMBER)");
    statement.execute("CREATE STAGE S FILE_FORMAT = (TYPE = JSON)");
    print("put", cells(statement, "PUT file://" + folder + "/one.json @~/in", 2, 7));
    print("put", cells(statement, "PUT 'file://" + folder + "/with space.json' @%L", 2, 7));
    print("put", cells(statement, "PUT file://" + folder + "/t*.json @S/plain AUTO_COMPRESS = FALSE OVERWRITE = TRUE", 2, 7));
    print("list", cells(statement, "LIST @~", 1), cells(statement, "LIST @%L", 1), cells(statement, "LIST @S", 1));
    for (String source : new String[] {"@~/in", "@%L", "@S"})
      print("copied", cells(statement, "COPY INTO L FROM " + source + " FILE_FORMAT = (TYPE = JSON) MATCH_BY_COLUMN_NAME = CASE_INSENSITIVE", 2, 4));
    print("loaded", cells(statement, "SELECT SUM(ID) FROM L", 1));
    print("got", cells(statement, "GET @S/plain file://" + downloads, 3), Files.readString(downloads.resolve("two.json")).trim());
    print("removed", cells(statement, "REMOVE @S", 2), cells(statement, "LIST @S", 1));
    SnowflakeConnection streams = connection.unwrap(SnowflakeConnection.class);
    UploadStreamConfig compressed = UploadStreamConfig.builder().setDestPrefix("up").setCompressData(true).build();
    streams.uploadStream("S", "five.json", new ByteArrayInputStream("{\"ID\":5}".getBytes("UTF-8")), compressed);
    DownloadStreamConfig plain = DownloadStreamConfig.builder().setDecompress(true).build();
    print("streamed", new String(streams.downloadStream("S", "up/five.json.gz", plain).readAllBytes(), "UTF-8"));
  }

  /** Some columns of all rows. */
  private static List<String> cells(Statement statement, String sql, int... columns) throws SQLException {
    return cells(statement.executeQuery(sql), columns);
  }

  private static List<String> cells(ResultSet rows, int... columns) throws SQLException {
    List<String> cells = new ArrayList<>();
    try (rows) {
      while (rows.next()) for (int column : columns) cells.add(rows.getString(column));
    }
    return cells;
  }

  private static void print(String name, Object... values) {
    System.out.println("RESULT " + name + " " + Arrays.toString(values).replace("\n", "\\n"));
  }
}
