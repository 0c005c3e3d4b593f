/** access.control.allow.origin and access.control.allow.methods. */
export interface CrossOriginSettings {
  /** Exact ones, `*`, or with a `*` inside (`http://*.example.com`). Empty: the browser's rule holds. */
  readonly origins: readonly string[];
  readonly methods: readonly string[];
}

export const defaultMethods = ['GET', 'POST', 'HEAD'] as const;
/** Jetty's, beside the ones that browsers always allow. */
const allowedHeaders = ['X-Requested-With', 'Content-Type', 'Accept', 'Origin'] as const;
const maxAgeSeconds = 1800;

const patternOf = (origin: string): RegExp =>
  new RegExp(`^${origin.replaceAll(/[.+?^$()|[\]{}\\]/g, '\\$&').replaceAll('*', '.*')}$`);

const listOf = (text: string | undefined): readonly string[] =>
  (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');

interface CrossOriginRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What org.eclipse.jetty.servlets.CrossOriginFilter, which Connect uses, adds to the answer. */
export const crossOriginHeaders = (
  { method, headers }: CrossOriginRequest,
  { origins, methods }: CrossOriginSettings,
): Readonly<Record<string, string>> => {
  const origin = String(headers['origin'] ?? '');
  const isAllowed = origin.split(' ').every((one) => origins.some((allowed) => patternOf(allowed).test(one)));
  if (origin === '' || !isAllowed) return {};
  const answer = {
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    ...(origins.includes('*') ? {} : { vary: 'Origin' }),
  };
  const wantedMethod = headers['access-control-request-method'];
  if (method !== 'OPTIONS' || wantedMethod === undefined) return answer;
  const wantedHeaders = listOf(String(headers['access-control-request-headers'] ?? ''));
  const isHeaderAllowed = (wanted: string): boolean =>
    allowedHeaders.some((allowed) => allowed.toLowerCase() === wanted.toLowerCase());
  if (!methods.includes(String(wantedMethod)) || !wantedHeaders.every(isHeaderAllowed)) return {};
  return {
    ...answer,
    'access-control-max-age': String(maxAgeSeconds),
    'access-control-allow-methods': methods.join(','),
    'access-control-allow-headers': allowedHeaders.join(','),
  };
};

/** From the worker's properties. */
export const readCrossOrigin = (properties: Readonly<Record<string, string>>): CrossOriginSettings => {
  const methods = listOf(properties['access.control.allow.methods']);
  return {
    origins: listOf(properties['access.control.allow.origin']),
    methods: methods.length === 0 ? defaultMethods : methods,
  };
};
