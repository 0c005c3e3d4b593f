export { type CommitMetadata, decodeCommitMetadata, encodeCommitMetadata, type LaneRows } from './commit-metadata.ts';
export { PartitionOffsetTracker } from './partition-offset-tracker.ts';
export {
  type Accounted,
  accountedFor,
  type Forgets,
  type Resume,
  type ResumeFacts,
  type ResumeNotice,
  type ResumePolicy,
  type ResumeReason,
  resumeAt,
  wroteElsewhere,
} from './resume.ts';
