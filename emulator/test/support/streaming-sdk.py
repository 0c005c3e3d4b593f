"""The official Snowpipe Streaming SDK, unchanged, against a server: what happened goes to stderr as one line of JSON (the SDK logs to stdout).

Arguments: account URL, file of the private key, rows of the large batch (0: none).
"""

import json
import sys

from snowflake.ingest.streaming import StreamingIngestClient, StreamingIngestError

url, key_file, large_rows = sys.argv[1], sys.argv[2], int(sys.argv[3])
with open(key_file, encoding="utf8") as key:
    properties = {
        "url": url,
        "account": "ACCT",
        "user": "U",
        "private_key": key.read(),
        "mgmt_retry_total_backoff_seconds": "20",
    }


def client(name):
    return StreamingIngestClient(name, "DB", "PUBLIC", "T-STREAMING", properties=properties)


def row(offset):
    return {"RECORD_CONTENT": {"id": offset, "pad": f"{offset * 2654435761 % 2**32:08x}" * 8}, "N": offset}


def reached(offset):
    return lambda token: token is not None and int(token) >= offset


found = {}
first = client("first")
channel, status = first.open_channel("C1")
found["opened"] = [status.status_code, status.latest_committed_offset_token]
for offset in range(10):
    channel.append_row(row(offset), str(offset))
channel.wait_for_commit(reached(9), 20)
found["small"] = channel.get_latest_committed_offset_token()

last = 9 + large_rows
if large_rows > 0:
    channel.append_rows([row(offset) for offset in range(10, last + 1)], "10", str(last))
    channel.wait_for_commit(reached(last), 30)
    found["large"] = channel.get_latest_committed_offset_token()
status = channel.get_channel_status()
found["counted"] = [status.rows_inserted_count, status.rows_error_count]

# Somebody else opens the channel: the first holder's next rows are refused, the table never sees them.
second = client("second")
taken, status = second.open_channel("C1")
found["reopened"] = status.latest_committed_offset_token
channel.append_row(row(-1), "999999999")
try:
    channel.wait_for_flush(20)
    channel.append_row(row(-1), "999999999")
    channel.wait_for_flush(20)
    found["fenced"] = None
except StreamingIngestError as error:
    found["fenced"] = type(error).__name__

taken.append_row(row(last + 1), str(last + 1))
taken.wait_for_commit(reached(last + 1), 20)
found["after"] = second.get_latest_committed_offset_tokens(["C1", "NOPE"])
taken.close()
second.drop_channel("C1")
second.close()
# A new client: the old one answers from what it saw within the last second.
third = client("third")
found["dropped"] = third.get_latest_committed_offset_tokens(["C1"])["C1"]
third.close()
try:
    first.close()
except StreamingIngestError:
    pass
print("RESULT " + json.dumps(found), file=sys.stderr)
