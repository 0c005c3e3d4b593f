// The reaper's protocol: a client sends lines `label=key=value&label=…`, each answered by ACK. Ten seconds after the last client
// left (sixty if none ever came) everything that carries all labels of a line is removed, and the reaper ends.
import { request } from 'node:http';
import { createServer } from 'node:net';

const filters = new Set();
let clients = 0;
let timer;

/** One call of the engine's API; null where it answers no JSON. */
const engine = (method, path) =>
  new Promise((resolve) => {
    const call = request({ socketPath: '/var/run/docker.sock', method, path }, async (response) => {
      const text = (await response.toArray()).join('');
      try {
        resolve(JSON.parse(text));
      } catch {
        resolve(null);
      }
    });
    call.on('error', () => resolve(null)).end();
  });

const kinds = [
  { path: '/containers', list: '/json?all=1&', remove: '?force=1&v=1' },
  { path: '/networks', list: '?', remove: '' },
  { path: '/volumes', list: '?', remove: '?force=1' },
  { path: '/images', list: '/json?', remove: '?force=1' },
];

const reap = async () => {
  for (const filter of filters) {
    const labels = encodeURIComponent(JSON.stringify({ label: new URLSearchParams(filter).getAll('label') }));
    for (const { path, list, remove } of kinds) {
      const found = await engine('GET', `${path}${list}filters=${labels}`);
      for (const { Id = '', Name } of found?.Volumes ?? (Array.isArray(found) ? found : [])) {
        if (!Id.startsWith(process.env.HOSTNAME)) await engine('DELETE', `${path}/${Id || Name}${remove}`);
      }
    }
  }
  process.exit();
};

const reapIn = (ms) => {
  clearTimeout(timer);
  timer = setTimeout(reap, ms);
};

const server = createServer((socket) => {
  clients++;
  clearTimeout(timer);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
    const lines = text.split('\n');
    text = lines.pop();
    for (const line of lines) {
      filters.add(line.trim());
      socket.write('ACK\n');
    }
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    if (--clients === 0) reapIn(10_000);
  });
});
server.listen(8080, () => {
  reapIn(60_000);
  console.log('Started');
});
