"""snowflake-connector-python, unchanged, against a server; what happened goes to stderr as one line of JSON.

Arguments: host, port, file of the private key, file with JSON lines to load.
"""

import gzip
import json
import os
import sys
import tempfile

import snowflake.connector

host, port, key_file, data_file = sys.argv[1:]
common = {
    "host": host,
    "port": int(port),
    "protocol": "http",
    "account": "acct",
    "user": "u",
    "database": "DB",
    "schema": "PUBLIC",
}
found = {}


def rows(cursor, sql, binds=None):
    return [list(row) for row in cursor.execute(sql, binds).fetchall()]


with snowflake.connector.connect(**common, authenticator="SNOWFLAKE_JWT", private_key_file=key_file) as by_key:
    found["user"] = rows(by_key.cursor(), "SELECT CURRENT_USER()")

connection = snowflake.connector.connect(**common, password="secret")
cursor = connection.cursor()
cursor.execute("CREATE TABLE P (ID NUMBER, NAME VARCHAR, V VARIANT, AT TIMESTAMP_NTZ)")
cursor.execute("INSERT INTO P SELECT %s, %s, PARSE_JSON(%s), '2026-01-02 03:04:05'", (1, "it's", '{"a":[1,2]}'))
found["inserted"] = cursor.rowcount
found["selected"] = [[str(cell) for cell in row] for row in rows(cursor, "SELECT ID, NAME, V:a[1]::number, AT FROM P")]
found["described"] = [[column.name, column.type_code] for column in cursor.description]
found["tables"] = rows(cursor, "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'PUBLIC'")
try:
    cursor.execute("SELECT * FROM NOPE")
except snowflake.connector.errors.ProgrammingError as error:
    found["refused"] = [error.errno, error.sqlstate]

if hasattr(cursor, "execute_async"):
    cursor.execute_async("SELECT 42")
    query_id = cursor.sfqid
    other = connection.cursor()
    other.get_results_from_sfqid(query_id)
    found["async"] = [list(row) for row in other.fetchall()]

cursor.execute("CREATE STAGE S FILE_FORMAT = (TYPE = JSON)")
cursor.execute(f"PUT file://{data_file} @S")
found["put"] = cursor.fetchall()[0][6]
cursor.execute("CREATE TABLE L (V VARIANT)")
cursor.execute("COPY INTO L FROM @S")
found["copied"] = cursor.fetchall()[0][1:4]
found["loaded"] = rows(cursor, "SELECT SUM(V:id::number) FROM L")
folder = tempfile.mkdtemp()
cursor.execute(f"GET @S file://{folder}")
found["got"] = cursor.fetchall()[0][2]
with gzip.open(os.path.join(folder, os.path.basename(data_file) + ".gz"), "rt") as downloaded:
    found["downloaded"] = downloaded.read()
connection.close()
print("RESULT " + json.dumps(found, default=str), file=sys.stderr)
