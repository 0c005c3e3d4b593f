import {
  ConnectError,
  type Converter,
  DataError,
  type HeaderConverter,
  type RawHeader,
  type Schema,
  type SchemaAndValue,
  type SchemaType,
} from '../api/index.ts';

class SerializationError extends ConnectError {
  override readonly javaClass: string = 'org.apache.kafka.common.errors.SerializationException';
  override readonly name: string = 'SerializationError';
}

interface Primitive {
  readonly type: SchemaType;
  readonly bytes: number;
  /** As in Connect's messages: `Failed to deserialize integer: `. */
  readonly noun: string;
  /** What checks the size; Java's float and double checks name no class. */
  readonly deserializer: string;
  read(bytes: DataView): unknown;
  /** typeof of its values. */
  readonly valueType: 'number' | 'bigint';
  write(bytes: DataView, value: number | bigint): void;
}

const primitives: Readonly<Record<string, Primitive>> = {
  Short: {
    type: 'INT16',
    bytes: 2,
    noun: 'short',
    deserializer: 'ShortDeserializer',
    read: (bytes) => bytes.getInt16(0),
    valueType: 'number',
    write: (bytes, value) => bytes.setInt16(0, Number(value)),
  },
  Integer: {
    type: 'INT32',
    bytes: 4,
    noun: 'integer',
    deserializer: 'IntegerDeserializer',
    read: (bytes) => bytes.getInt32(0),
    valueType: 'number',
    write: (bytes, value) => bytes.setInt32(0, Number(value)),
  },
  Long: {
    type: 'INT64',
    bytes: 8,
    noun: 'long',
    deserializer: 'LongDeserializer',
    read: (bytes) => bytes.getBigInt64(0),
    valueType: 'bigint',
    write: (bytes, value) => bytes.setBigInt64(0, BigInt(value)),
  },
  Float: {
    type: 'FLOAT32',
    bytes: 4,
    noun: 'float',
    deserializer: 'Deserializer',
    read: (bytes) => bytes.getFloat32(0),
    valueType: 'number',
    write: (bytes, value) => bytes.setFloat32(0, Number(value)),
  },
  Double: {
    type: 'FLOAT64',
    bytes: 8,
    noun: 'double',
    deserializer: 'Deserializer',
    read: (bytes) => bytes.getFloat64(0),
    valueType: 'number',
    write: (bytes, value) => bytes.setFloat64(0, Number(value)),
  },
};

/** Java class name → its kind: `org.apache.kafka.connect.converters.IntegerConverter` and its like. */
export const primitiveConverterClasses: ReadonlyMap<string, () => Converter & HeaderConverter> = new Map<
  string,
  () => Converter & HeaderConverter
>([
  ...Object.entries(primitives).map(
    ([name, primitive]) =>
      [
        `org.apache.kafka.connect.converters.${name}Converter`,
        () => new NumberConverter(`org.apache.kafka.connect.converters.${name}Converter`, primitive),
      ] as const,
  ),
  ['org.apache.kafka.connect.converters.BooleanConverter', () => new BooleanConverter()] as const,
]);

/** Big-endian numbers of a fixed size (org.apache.kafka.connect.converters.NumberConverter). */
class NumberConverter implements Converter, HeaderConverter {
  readonly javaClass: string;
  readonly passesJsonThrough = false;
  readonly passesTextThrough = false;
  readonly #primitive: Primitive;
  readonly #schema: Schema;

  constructor(javaClass: string, primitive: Primitive) {
    this.javaClass = javaClass;
    this.#primitive = primitive;
    this.#schema = { type: primitive.type, optional: true };
  }

  toConnectData(_topic: string, _headers: readonly RawHeader[], bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return { schema: this.#schema, value: null };
    const { noun, deserializer, bytes: size, read } = this.#primitive;
    if (bytes.length !== size) {
      const cause = new SerializationError(`Size of data received by ${deserializer} is not ${size}`);
      throw new DataError(`Failed to deserialize ${noun}: `, { cause });
    }
    return { schema: this.#schema, value: read(viewOf(bytes)) };
  }

  toConnectHeader(topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.toConnectData(topic, [], bytes);
  }

  fromConnectData(_topic: string, _schema: Schema | null, value: unknown): Uint8Array | null {
    if (value === null || value === undefined) return null;
    const { valueType, noun, bytes: size } = this.#primitive;
    if ((typeof value !== 'number' && typeof value !== 'bigint') || typeof value !== valueType) {
      throw new DataError(`Failed to serialize to ${noun}: the value is of another type`);
    }
    const bytes = new Uint8Array(size);
    this.#primitive.write(viewOf(bytes), value);
    return bytes;
  }
}

const optionalBoolean: Schema = { type: 'BOOLEAN', optional: true };

/** One byte, 0 or 1 (KIP-907). */
class BooleanConverter implements Converter, HeaderConverter {
  readonly javaClass = 'org.apache.kafka.connect.converters.BooleanConverter';
  readonly passesJsonThrough = false;
  readonly passesTextThrough = false;

  toConnectData(_topic: string, _headers: readonly RawHeader[], bytes: Uint8Array | null): SchemaAndValue {
    if (bytes === null) return { schema: optionalBoolean, value: null };
    const [byte] = bytes;
    if (bytes.length !== 1 || byte === undefined || byte > 1) {
      const what =
        bytes.length === 1
          ? 'Unexpected byte received by BooleanDeserializer'
          : 'Size of data received by BooleanDeserializer is not 1';
      throw new DataError('Failed to deserialize boolean: ', { cause: new SerializationError(what) });
    }
    return { schema: optionalBoolean, value: byte === 1 };
  }

  toConnectHeader(topic: string, _name: string, bytes: Uint8Array | null): SchemaAndValue {
    return this.toConnectData(topic, [], bytes);
  }

  fromConnectData(_topic: string, _schema: Schema | null, value: unknown): Uint8Array | null {
    if (value === null || value === undefined) return null;
    if (typeof value !== 'boolean') throw new DataError('Failed to serialize to boolean: the value is of another type');
    return Uint8Array.of(value ? 1 : 0);
  }
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
