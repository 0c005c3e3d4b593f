import { DataError, type Field, type Schema, type Struct } from '../api/index.ts';
import { configError } from './parse-config.ts';
import { requireMapOrNull, requireStructOrNull } from './requirements.ts';
import { fieldOf, fieldValue } from './struct-schema.ts';

/** Steps of a path: V1 takes the whole text for one name, V2 (KIP-821) cuts it at dots; `a.b` in backticks is one step. */
export const parseFieldPath = (path: string, version: 'V1' | 'V2'): readonly string[] => {
  if (version === 'V1' || path === '') return [path];
  const steps: string[] = [];
  let at = 0;
  while (at <= path.length) {
    const step = path[at] === '`' ? quotedStep(path, at) : plainStep(path, at);
    steps.push(step.name);
    at = step.end + 1;
  }
  return steps;
};

interface Step {
  readonly name: string;
  /** Where its dot is, or the path's end. */
  readonly end: number;
}

const plainStep = (path: string, start: number): Step => {
  const dot = path.indexOf('.', start);
  const end = dot < 0 ? path.length : dot;
  return { name: path.slice(start, end), end };
};

/** Up to a backtick before a dot or the end, unless a backslash escapes it. */
const quotedStep = (path: string, start: number): Step => {
  let name = '';
  for (let from = start + 1; ; ) {
    const backtick = path.indexOf('`', from);
    if (backtick < 0) {
      const advice = `consider adding a backslash before backtick at position ${start} to escape it`;
      throw configError('field', `Incomplete backtick pair in path: [${path}], ${advice}`);
    }
    const closes = backtick + 1 === path.length || path[backtick + 1] === '.';
    const escaped = closes && path[backtick - 1] === '\\';
    if (closes && !escaped) return { name: name + path.slice(from, backtick), end: backtick + 1 };
    name += escaped ? `${path.slice(from, backtick - 1)}\`` : path.slice(from, backtick + 1);
    from = backtick + 1;
  }
};

const purpose = 'nested field access';

/** The value at the path, null where a step is missing. @throws DataError: a step that is no map */
export const valueInMap = (map: ReadonlyMap<string, unknown>, steps: readonly string[]): unknown => {
  let current: ReadonlyMap<string, unknown> | null = map;
  for (const step of steps.slice(0, -1)) {
    current = requireMapOrNull(current.get(step), purpose);
    if (current === null) return null;
  }
  return current.get(steps.at(-1) ?? '') ?? null;
};

/** The field at the path; null where a step is missing. */
export const fieldInSchema = (schema: Schema, steps: readonly string[]): Field | null => {
  let field: Field | null = null;
  let current = schema;
  for (const step of steps) {
    field = fieldOf(current, step);
    if (field === null) return null;
    current = field.schema;
  }
  return field;
};

export const valueInStruct = (struct: Struct, steps: readonly string[], replaceNullWithDefault: boolean): unknown => {
  let current: Struct | null = struct;
  let value: unknown = struct;
  for (const [index, step] of steps.entries()) {
    if (current === null) return null;
    const field: Field | null = fieldOf(current.schema, step);
    if (field === null) throw new DataError(`${step} is not a valid field name`);
    value = fieldValue(current, field, replaceNullWithDefault);
    if (index < steps.length - 1) current = requireStructOrNull(field.schema, value, purpose);
  }
  return value;
};
