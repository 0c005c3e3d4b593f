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
  body { font: 14px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #1b2733; background: #fff; }
  h1 { font-size: 1.2rem; } h1 small { font-size: .9rem; font-weight: normal; white-space: nowrap; } h2 { font-size: 1rem; margin: 1.5rem 0 .3rem; }
  table { border-collapse: collapse; min-width: 40rem; }
  th, td { text-align: left; padding: .2rem .8rem .2rem 0; border-bottom: 1px solid #dde4ea; }
  th, td { vertical-align: top; white-space: pre; }
  td.text { white-space: pre-wrap; overflow-wrap: anywhere; min-width: 18rem; max-width: 44rem; }
  div { overflow-x: auto; }
  .number { text-align: right; font-variant-numeric: tabular-nums; }
  .bad, #problem { color: #b3261e; }
  #problem { font-weight: 600; }
  .empty, small { color: #6b7a88; }
</style>
</head>
<body>
<h1>snowsink-emulator <small id="now"></small></h1>
<p id="problem"></p>
<h2>Tables</h2><div id="tables"></div>
<h2>Channels</h2><div id="channels"></div>
<h2>Appended since the last reset</h2><div id="stats"></div>
<h2>Faults</h2><div id="faults"></div>
<h2>Last requests</h2><div id="requests"></div>
<script>
const names = (...parts) => parts.join('.');
const lookOf = (cell) => cell?.look ?? (typeof cell === 'number' ? 'number' : '');
const show = (id, headings, rows) => {
  const place = document.getElementById(id);
  place.replaceChildren();
  if (rows.length === 0) { place.className = 'empty'; place.textContent = 'none'; return; }
  const table = document.createElement('table');
  const line = (cells, kind) => {
    const row = table.insertRow();
    for (const cell of cells) {
      const { value = cell, below } = Object(cell);
      const one = document.createElement(kind);
      one.className = lookOf(cell);
      one.textContent = value === null || value === undefined ? '–' : String(value);
      if (below !== undefined) {
        const second = document.createElement('small');
        second.textContent = '\\n' + below;
        one.append(second);
      }
      row.append(one);
    }
  };
  line(headings.map((value, index) => ({ value, look: lookOf(rows[0][index]).split(' ')[0] })), 'th');
  for (const row of rows) line(row, 'td');
  place.className = '';
  place.append(table);
};
const text = (value) => ({ value, look: 'text' });
const good = (value, isGood) => ({ value, look: (typeof value === 'number' ? 'number ' : '') + (isGood ? '' : 'bad') });
const time = (ms) => new Date(ms).toISOString().replace('T', ' ').slice(0, 23);
const get = async (what) => (await fetch('/_emulator/' + what)).json();
const refresh = async () => {
  try {
    const [state, stats, faults, requests] = await Promise.all(['state', 'stats', 'faults', 'requests'].map(get));
    show('tables', ['table', 'kind', 'columns', 'created'], state.tables.map((t) =>
      [names(t.name.database, t.name.schema, t.name.table), t.viewQuery === undefined ? 'table' : 'view',
       text(t.columns.map((c) => c.name + ' ' + c.type.name + (c.nullable === false ? ' NOT NULL' : '')).join(', ')), time(t.createdOnMs)]));
    show('channels', ['channel', 'status, last row error', 'committed', 'accepted', 'continuation', 'waiting rows', 'lag, s', 'inserted', 'errors'],
      state.channels.map(({ record: c, pendingRows, acceptedToken, waitingSinceMs }) =>
        [{ value: c.channel, below: names(c.pipe.database, c.pipe.schema, c.pipe.pipe) },
         { value: c.statusCode, look: c.statusCode === 'SUCCESS' ? 'text' : 'text bad', below: c.lastErrorMessage ?? undefined },
         c.committedToken, acceptedToken, c.clientSequencer + '_' + c.rowSequencer, pendingRows,
         waitingSinceMs === null ? 0 : Math.max(0, state.nowMs - waitingSinceMs) / 1000,
         c.rowsInserted, good(c.rowsErrorCount, c.rowsErrorCount === 0)]));
    show('stats', ['pipe', 'appends', 'rows', 'bytes', 'bytes on the wire', 'committed', 'row errors'],
      Object.entries(stats.pipes).map(([pipe, s]) =>
        [pipe, s.appends, s.rows, s.bytes, s.wireBytes, s.committedRows, s.rowErrors]));
    show('faults', ['id', 'what', 'seen', 'fired'], faults.faults.map(({ id, seen, fired, ...rest }) =>
      [id, text(JSON.stringify(rest)), seen, fired]));
    show('requests', ['time', 'request', 'status', 'ms'], requests.requests.map((r) =>
      [time(r.atMs), r.method + ' ' + r.path, good(r.status ?? 'cut', r.status !== null && r.status < 400), r.tookMs]));
    document.getElementById('now').textContent = time(state.nowMs) + ' UTC';
    document.getElementById('problem').textContent =
      (state.frozen ? 'Commits are frozen. ' : '') + (state.held ? 'The clock is held.' : '');
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
