/** undici's index loads fetch, caches, mocks and WebSockets too: 10 MB in every task thread. These two files are what HTTP needs. */
declare module 'undici/lib/dispatcher/agent.js' {
  import type { Agent } from 'undici';

  const agent: typeof Agent;
  export = agent;
}

/** `Dispatcher.request`, which the index puts on the dispatcher's prototype. */
declare module 'undici/lib/api/api-request.js' {
  import type { Dispatcher } from 'undici';

  function request(this: Dispatcher, options: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData>;
  export = request;
}
