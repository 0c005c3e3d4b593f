/** Anything that Snowflake's bodies hold, read without trust. */
export type JsonObject = Readonly<Record<string, unknown>>;

export const asObject = (value: unknown): JsonObject | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;

export const parseJson = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
};

export const textField = (json: JsonObject | null, ...names: readonly string[]): string | null => {
  for (const name of names) {
    const value = json?.[name];
    if (typeof value === 'string' && value !== '') return value;
    if (typeof value === 'number') return String(value);
  }
  return null;
};

export const objectField = (json: JsonObject | null, name: string): JsonObject | null => asObject(json?.[name]);

export const numberField = (json: JsonObject | null, ...names: readonly string[]): number | null => {
  const text = textField(json, ...names);
  return text === null || Number.isNaN(Number(text)) ? null : Number(text);
};

export interface ErrorBody {
  /** False: a proxy's plain text (`Not Found`, `No Route`) or nothing, so it was not Snowflake's service that answered. */
  readonly isJson: boolean;
  /** `code`, `error_code`, or the whole of a bare JSON string (`"ERR_GENERAL_EXCEPTION_RETRY_REQUEST"`). */
  readonly code: string | null;
  /** Numeric `status_code`; null where there is none. */
  readonly statusCode: number | null;
  readonly message: string;
}

/** Every shape of an error body that was seen: object with either name for the code, bare string, plain text. */
export const readErrorBody = (text: string): ErrorBody => {
  const json = parseJson(text);
  if (typeof json === 'string') return { isJson: true, code: json, statusCode: null, message: json };
  const object = asObject(json);
  return {
    isJson: json !== undefined,
    code: textField(object, 'code', 'error_code'),
    statusCode: numberField(object, 'status_code'),
    message: textField(object, 'message', 'error_message') ?? (object === null ? text.trim().slice(0, 200) : ''),
  };
};

/**
 * Snowflake quotes the value that it could not store (`Numeric value 'abc' is not recognized`); a record's value belongs
 * neither in a log nor in a trace.
 */
export const withoutValues = (message: string): string =>
  message.replaceAll(/(\bvalue\s+)(?:['"{[\d-].*?)(?=\s+(?:to|is|cannot|was)\b|$)/gis, '$1(left out)').slice(0, 500);
