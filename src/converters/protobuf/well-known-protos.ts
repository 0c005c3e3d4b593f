import type { DescFile } from '@bufbuild/protobuf';
import {
  file_google_protobuf_any,
  file_google_protobuf_api,
  file_google_protobuf_descriptor,
  file_google_protobuf_duration,
  file_google_protobuf_empty,
  file_google_protobuf_field_mask,
  file_google_protobuf_source_context,
  file_google_protobuf_struct,
  file_google_protobuf_timestamp,
  file_google_protobuf_type,
  file_google_protobuf_wrappers,
} from '@bufbuild/protobuf/wkt';

/** Files that every schema may import without a reference. */
export const wellKnownFiles: ReadonlyMap<string, DescFile> = new Map(
  [
    file_google_protobuf_any,
    file_google_protobuf_api,
    file_google_protobuf_descriptor,
    file_google_protobuf_duration,
    file_google_protobuf_empty,
    file_google_protobuf_field_mask,
    file_google_protobuf_source_context,
    file_google_protobuf_struct,
    file_google_protobuf_timestamp,
    file_google_protobuf_type,
    file_google_protobuf_wrappers,
  ].map((file) => [`${file.name}.proto`, file]),
);

const proto = (packageName: string, body: string): string => `syntax = "proto3"; package ${packageName}; ${body}`;

/** The same for what registries know by themselves: the messages of Google's common types and of Confluent that Connect has types for. */
export const bundledProtos: ReadonlyMap<string, string> = new Map([
  ['google/type/date.proto', proto('google.type', 'message Date { int32 year = 1; int32 month = 2; int32 day = 3; }')],
  [
    'google/type/timeofday.proto',
    proto(
      'google.type',
      'message TimeOfDay { int32 hours = 1; int32 minutes = 2; int32 seconds = 3; int32 nanos = 4; }',
    ),
  ],
  [
    'confluent/type/decimal.proto',
    proto('confluent.type', 'message Decimal { bytes value = 1; uint32 precision = 2; int32 scale = 3; }'),
  ],
  [
    'confluent/meta.proto',
    proto('confluent', 'message Meta { string doc = 1; map<string, string> params = 2; repeated string tags = 3; }'),
  ],
]);
