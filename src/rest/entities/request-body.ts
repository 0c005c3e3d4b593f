import type { GivenConfig } from '../../runtime/index.ts';
import { RestError } from '../error-mapper.ts';

/** A number keeps its source text (`1.50`, 20 digits): configs are maps of strings, and operators compare them. */
const parse = (text: string): unknown => {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''), (_key, value: unknown, context?: { readonly source?: string }) =>
      typeof value === 'number' ? (context?.source ?? String(value)) : value,
    );
  } catch {
    // V8's message quotes the text, which may hold a password
    throw new RestError(500, 'The request body is not valid JSON: check quotes, commas and braces.');
  }
};

/** A JSON object; anything else is Connect's 500 for a body of the wrong shape. */
export const jsonObject = (body: unknown, what: string): Readonly<Record<string, unknown>> => {
  if (typeof body !== 'string' || body.trim() === '') {
    throw new RestError(500, `The request has no body: ${what} is expected as a JSON object.`);
  }
  const value = parse(body);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new RestError(500, `The request body is not a JSON object: ${what} is expected.`);
};

/** A config map or a change to one: scalars become strings, null stays, objects and arrays are a wrong shape (500). */
export const connectorConfig = (value: unknown): GivenConfig => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new RestError(500, 'Cannot deserialize the connector config: it must be a JSON object of strings.');
  }
  const config: Record<string, string | null> = {};
  for (const [key, setting] of Object.entries(value)) {
    if (setting !== null && typeof setting === 'object') {
      const kind = Array.isArray(setting) ? 'Array' : 'Object';
      throw new RestError(
        500,
        `Cannot deserialize value of type \`java.lang.String\` from ${kind} value (token \`JsonToken.START_${kind.toUpperCase()}\`): the value of ${key} must be a string.${key === 'config' ? ' PUT takes the map of properties itself; one with name and config goes to POST /connectors.' : ''}`,
      );
    } else config[key] = setting === null ? null : String(setting);
  }
  return config;
};
