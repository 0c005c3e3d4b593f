import type { Reply } from './exchange.ts';

/** `/`, for people: tables, channels, faults and the last requests, from the control API, every two seconds. */
export const page = (): Reply => ({
  status: 200,
  contentType: 'text/html; charset=utf-8',
  body: html,
  headers: {
    'content-security-policy':
      "default-src 'none'; connect-src 'self'; script-src 'unsafe-inline'; style-src 'unsafe-inline'",
  },
});

const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>snowsink-emulator</title>
<style>
  body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1b2733; }
  h1 { font-size: 1.2rem; } h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
  table { border-collapse: collapse; min-width: 40rem; }
  th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #dde4ea; }
  th, td:first-child, td.time { white-space: nowrap; }
  div { overflow-x: auto; }
  td.number { text-align: right; font-variant-numeric: tabular-nums; }
  .empty, #problem { color: #6b7a88; }
</style>
</head>
<body>
<h1>snowsink-emulator</h1>
<p id="problem"></p>
<h2>Tables</h2><div id="tables"></div>
<h2>Channels</h2><div id="channels"></div>
<h2>Appended since the last reset</h2><div id="stats"></div>
<h2>Faults</h2><div id="faults"></div>
<h2>Last requests</h2><div id="requests"></div>
<script>
const names = (...parts) => parts.join('.');
const show = (id, headings, rows) => {
  const place = document.getElementById(id);
  place.replaceChildren();
  if (rows.length === 0) { place.className = 'empty'; place.textContent = 'none'; return; }
  const table = document.createElement('table');
  const line = (cells, kind) => {
    const row = table.insertRow();
    for (const cell of cells) {
      const one = document.createElement(kind);
      if (typeof cell === 'number') one.className = 'number';
      if (/^\\d{4}-\\d\\d-\\d\\d /.test(cell)) one.className = 'time';
      one.textContent = cell === null || cell === undefined ? '–' : String(cell);
      row.append(one);
    }
  };
  line(headings, 'th');
  for (const row of rows) line(row, 'td');
  place.className = '';
  place.append(table);
};
const time = (ms) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
const get = async (what) => (await fetch('/_emulator/' + what)).json();
const refresh = async () => {
  try {
    const [state, stats, faults, requests] = await Promise.all(['state', 'stats', 'faults', 'requests'].map(get));
    show('tables', ['table', 'kind', 'columns', 'created'], state.tables.map((t) =>
      [names(t.name.database, t.name.schema, t.name.table), t.viewQuery === undefined ? 'table' : 'view',
       t.columns.map((c) => c.name + ' ' + c.type.name).join(', '), time(t.createdOnMs)]));
    show('channels', ['pipe', 'channel', 'status', 'committed token', 'next token', 'waiting rows', 'inserted', 'errors', 'last error'],
      state.channels.map(({ record: c, pendingRows }) =>
        [names(c.pipe.database, c.pipe.schema, c.pipe.pipe), c.channel, c.statusCode, c.committedToken,
         c.clientSequencer + '_' + c.rowSequencer, pendingRows, c.rowsInserted, c.rowsErrorCount, c.lastErrorMessage]));
    show('stats', ['pipe', 'appends', 'rows', 'bytes', 'bytes on the wire', 'committed', 'row errors'],
      Object.entries(stats.pipes).map(([pipe, s]) =>
        [pipe, s.appends, s.rows, s.bytes, s.wireBytes, s.committedRows, s.rowErrors]));
    show('faults', ['id', 'what', 'seen', 'fired'], faults.faults.map(({ id, seen, fired, ...rest }) =>
      [id, JSON.stringify(rest.definition ?? rest), seen, fired]));
    show('requests', ['time', 'request', 'status', 'ms'], requests.requests.map((r) =>
      [time(r.atMs), r.method + ' ' + r.path, r.status, r.tookMs]));
    document.getElementById('problem').textContent = state.frozen ? 'Commits are frozen.' : '';
  } catch (error) {
    document.getElementById('problem').textContent = 'The emulator does not answer: ' + error;
  }
  setTimeout(refresh, 2000);
};
refresh();
</script>
</body>
</html>
`;
