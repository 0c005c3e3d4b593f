import type { TaskId } from '../api/index.ts';

/** Of what a task counts for each topic. */
export const topicLabels = (
  { connector, task }: TaskId,
  topic: string,
): { readonly connector: string; readonly task: string; readonly topic: string } => ({
  connector,
  task: String(task),
  topic,
});
