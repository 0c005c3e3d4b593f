import java.sql.*;
import java.util.*;

/** Login, types, binds, batch, transaction, metadata, error, several statements, PUT and COPY with Snowflake's JDBC driver. */
public class Jdbc {
  public static void main(String[] args) throws Exception {
    Properties properties = new Properties();
    properties.put("user", "U");
    properties.put("password", "secret");
    properties.put("db", "DB");
    properties.put("schema", "PUBLIC");
    properties.put("ssl", "off");
    try (Connection connection = DriverManager.getConnection("jdbc:snowflake://" + args[0], properties)) {
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
      statement.unwrap(net.snowflake.client.api.statement.SnowflakeStatement.class).setParameter("MULTI_STATEMENT_COUNT", 2);
      statement.execute("SELECT 1; SELECT 2");
      statement.getMoreResults();
      ResultSet second = statement.getResultSet();
      second.next();
      print("second", second.getInt(1));
      print("valid", connection.isValid(5));
    }
  }

  private static void print(String name, Object... values) {
    System.out.println("RESULT " + name + " " + Arrays.toString(values));
  }
}
