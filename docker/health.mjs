// The image's HEALTHCHECK: exit code 0 if the worker's REST API says that it is healthy.
// SNOWSINK_HEALTH_URL where a worker file sets other listeners than the image's CONNECT_LISTENERS.
// not by import, which would load more than the request needs
const { get } = process.getBuiltinModule('node:http');

const port = /:(\d+)/.exec(process.env.CONNECT_LISTENERS ?? '')?.[1] ?? '8083';
const url = process.env.SNOWSINK_HEALTH_URL ?? `http://127.0.0.1:${port}/health`;

get(url, { timeout: 4000 }, (response) => {
  response.resume();
  process.exitCode = response.statusCode === 200 ? 0 : 1;
})
  .on('timeout', function onTimeout() {
    this.destroy(new Error('no answer within 4 s'));
  })
  .on('error', (error) => {
    process.stderr.write(`${url}: ${error.message}\n`);
    process.exitCode = 1;
  });
