import { ConfigError } from '../api/index.ts';

/** The subject of a record's schema; `recordName` is the schema's full name. Null: it cannot be told. */
export interface SubjectNameStrategy {
  /** False: the topic alone tells it. */
  readonly needsRecordName: boolean;
  subject(topic: string, recordName: string | null): string | null;
}

/** By class name (io.confluent.kafka.serializers.subject.*) or simple name. @throws ConfigError */
export const subjectNameStrategy = (key: string, javaClass: string, isKey: boolean): SubjectNameStrategy => {
  const suffix = isKey ? 'key' : 'value';
  switch (javaClass.slice(javaClass.lastIndexOf('.') + 1)) {
    case 'TopicNameStrategy':
      return { needsRecordName: false, subject: (topic) => `${topic}-${suffix}` };
    case 'RecordNameStrategy':
      return { needsRecordName: true, subject: (_topic, recordName) => recordName };
    case 'TopicRecordNameStrategy':
      return {
        needsRecordName: true,
        subject: (topic, recordName) => (recordName === null ? null : `${topic}-${recordName}`),
      };
    default: {
      const message = `is not known here: '${javaClass}'. There are TopicNameStrategy, RecordNameStrategy and TopicRecordNameStrategy of io.confluent.kafka.serializers.subject`;
      throw new ConfigError([{ key, message }]);
    }
  }
};
