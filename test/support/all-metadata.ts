/** Every switch of RECORD_METADATA on. */
export const allMetadata = {
  all: true,
  topic: true,
  offsetAndPartition: true,
  createTime: true,
  connectorPushTime: true,
  typedHeaders: true,
} as const;
