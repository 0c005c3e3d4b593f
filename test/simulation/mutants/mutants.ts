/** A bug that somebody could write: a patch of production code, applied in a simulation's thread only. */
export interface Mutant {
  readonly name: string;
  /** Below src. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

const writer = 'connector/topic-partition-writer.ts';
const sourcePartition = 'connector/source-partition.ts';
const channel = 'destinations/snowpipe-streaming/channel.ts';
const tracker = 'offsets/partition-offset-tracker.ts';
const resume = 'offsets/resume.ts';
const letters = 'dlq/source-partition-letters.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'Kafka is committed before rows are durable',
    file: tracker,
    find: 'return pending === null || pending > consumed ? consumed : asNextOffset(pending);',
    replace: 'return consumed;',
  },
  {
    name: 'resume one too late: a row is skipped',
    file: 'api/offsets.ts',
    find: '(last + 1n) as NextOffset',
    replace: '(last + 2n) as NextOffset',
  },
  {
    name: 'tokens are compared as text',
    file: writer,
    find: 'status.committed > this.#tracker.token)) {',
    replace: 'String(status.committed) > String(this.#tracker.token))) {',
  },
  {
    name: 'no rewind after a channel was lost',
    file: writer,
    find: 'this.#deps.rewind(from);',
    replace: '',
  },
  {
    name: 'a batch is cut anew for an ambiguous retry',
    file: 'destinations/snowpipe-streaming/request-sender.ts',
    find: 'body: call.body, signal: either.signal',
    replace:
      'body: tries > 1 && call.operation === "append" ? call.body?.slice(0, 1) ?? null : call.body, signal: either.signal',
  },
  {
    name: 'an ambiguous retry takes a continuation token of its own',
    file: channel,
    find: "onRetry: () => this.#count('retried'),",
    replace:
      'onRetry: () => { call.query[2][1] = String(call.query[2][1]).replace(/\\d+$/, (row) => String(Number(row) + 1)); },',
  },
  {
    name: 'the promise of a dead letter is dropped',
    file: writer,
    find: 'await orAborted(this.#deps.context.errantRecordReporter.settled(), signal);',
    replace: '',
  },
  {
    name: 'commits do not wait for dead letters',
    file: 'runtime/failure-log.ts',
    find: 'await Promise.allSettled(this.#pending);',
    replace: '',
  },
  {
    name: 'a dead letter that failed is forgotten',
    file: letters,
    find: 'if (error instanceof ConnectError) throw error;',
    replace: 'if (Date.now() > 0) return;',
  },
  {
    name: 'the next owner does not learn which dead letters there are',
    file: letters,
    find: 'for (const offset of known.offsets) if (offset >= this.#from) this.#noted.add(offset);',
    replace: '',
  },
  {
    name: 'a dead letter that got no answer is written again unasked',
    file: letters,
    find: 'const missing = letters.filter(({ offset }) => offset >= this.#settledBelow && !this.#noted.has(offset));',
    replace: 'const missing = letters;',
  },
  {
    name: 'the flush timer is lost',
    file: writer,
    find: 'else this.#armAgeTimer();',
    replace: 'else if (this.#backlog === 0) this.#armAgeTimer();',
  },
  {
    name: 'the flush timer is lost when rows come during a recovery',
    file: writer,
    find: `    this.#sending.abort(new Error(message));
    this.#ageTimer?.cancel();
    this.#ageTimer = null;
    this.#accepted.clear();
    // Its`,
    replace: `    this.#sending.abort(new Error(message));
    this.#ageTimer?.cancel();
    this.#accepted.clear();
    // Its`,
  },
  {
    name: 'a zombie is not fenced: it takes over the new continuation token',
    file: channel,
    find: "if (this.#isClosed) throw this.#broken('CHANNEL_CLOSED', 'it was closed while rows were being appended');",
    replace: `const status = JSON.parse((await this.#options.session.send((await import('./request-builder.ts')).openCall(this.#options.pipe, this.spec.channelName, false), signal)).text); this.#continuationToken = status.next_continuation_token;`,
  },
  {
    name: 'reopening skips the open call, and so the fence',
    file: 'connector/channel-recovery.ts',
    find: 'return destination.open(spec, closing);',
    replace: 'return destination === undefined || spec === undefined ? lost : lost;',
  },
  {
    name: 'a filtered tail freezes the offset',
    file: tracker,
    find: 'return pending === null || pending > consumed ? consumed : asNextOffset(pending);',
    replace:
      'return pending === null ? (this.#token === null ? consumed : asNextOffset(this.#token + 1n)) : asNextOffset(pending);',
  },
  {
    name: 'a topic that was made again is read on',
    file: resume,
    find: 'if (noted?.topicId && facts.topicId && noted.topicId !== facts.topicId) {',
    replace: 'if (noted?.topicId && facts.topicId && noted.topicId === "") {',
  },
  {
    name: 'what retention took is skipped without a word',
    file: resume,
    find: "if (policy.onLoss === 'continue') return start(facts.logStart, lost);",
    replace: 'if (lost.to > 0n) return start(facts.logStart);',
  },
  {
    name: 'offsets are committed on revoke before rows are durable',
    file: 'runtime/partition-life-cycle.ts',
    find: 'if (!hasFailed()) await this.#flush(partitions, end);\n    await commits.commitClosing(partitions, end);',
    replace:
      'if (!hasFailed()) await this.#flush(partitions, end);\n    await this.#options.consumer.commit(this.#options.consumer.assignment().map((a) => ({ topic: a.topic, partition: a.partition, epoch: a.epoch, offset: this.#options.consumer.position(a) ?? a.logStart, metadata: "" })));',
  },
  {
    name: 'a revoked partition is not closed',
    file: 'connector/snowflake-sink-task.ts',
    find: 'this.#pressure.stop();',
    replace: '',
  },
  {
    name: 'the buffer is kept over a reopen',
    file: writer,
    find: `    this.#buffer.discard();
    this.#deps.pauses.pause(this.assignment, 'recovery');`,
    replace: `    this.#deps.pauses.pause(this.assignment, 'recovery');`,
  },
  {
    name: 'rows fetched before a rewind are still put',
    file: writer,
    find: '(rewinds === this.#rewinds ? this.#add(rows) : rows.release())',
    replace: '(rewinds >= 0 ? this.#add(rows) : rows.release())',
  },
  {
    name: 'a status for the lost channel counts for the new one',
    file: writer,
    find: "if (channel !== this.#channel || this.#state !== 'open') return;",
    replace: "if (this.#state === 'closed') return;",
  },
  {
    name: 'a status of another channel is taken for this one',
    file: 'destinations/snowpipe-streaming/status-poller.ts',
    find: 'channel.statusRead(statuses.get(channel.statusName) ?? null);',
    replace: 'channel.statusRead([...statuses.values()][0] ?? null);',
  },
  {
    name: 'a late status takes the token back',
    file: tracker,
    find: 'if (this.#token !== null && token <= this.#token) return;',
    replace: '',
  },
  {
    name: 'an accepted append counts as durable',
    file: writer,
    find: 'this.#accepted.add(batch.lastOffset, batch.firstBufferedAtMs);',
    replace: 'this.#tracker.committed(batch.lastOffset);',
  },
  {
    name: 'a paused partition is never resumed after a recovery',
    file: writer,
    find: "this.#deps.pauses.resume(this.assignment, 'recovery');",
    replace: '',
  },
  {
    name: 'a partition that waited for the network is never resumed',
    file: writer,
    find: "else this.#deps.pauses.resume(this.assignment, 'backlog');",
    replace: '',
  },
  {
    name: 'memory of sent batches is not given back',
    file: 'buffer/row-body.ts',
    find: 'if (held) budget.release(wireBytes);',
    replace: '',
  },
  {
    name: 'partitions never go on after memory was short',
    file: 'connector/memory-pressure.ts',
    find: '      this.#timer = null;\n      resume();',
    replace: '      this.#timer = null;',
  },
  {
    name: 'memory pressure pauses nobody',
    file: 'connector/memory-pressure.ts',
    find: 'if (!this.#options.budget.isExhausted()) return;',
    replace: 'if (this.#options.budget.usedBytes() >= 0) return;',
  },
  {
    name: 'nobody probes while the breaker is open',
    file: 'destinations/snowpipe-streaming/snowpipe-streaming.ts',
    find: '      this.#probe();\n',
    replace: '',
  },
  {
    name: 'partitions stay paused when the breaker closes',
    file: 'connector/snowflake-sink-task.ts',
    find: "if (availability === 'available') return this.#resumeAll('breaker');",
    replace: "if (availability === 'available') return;",
  },
  {
    name: 'a refused token is used on',
    file: 'destinations/snowpipe-streaming/session.ts',
    find: 'if (this.#token.held?.token === token) this.#token.drop();',
    replace: '',
  },
  {
    name: '410 does not invalidate the channels of the old host',
    file: 'destinations/snowpipe-streaming/session.ts',
    find: 'this.#options.onFailedOver();',
    replace: '',
  },
  {
    name: '200 without taking the rows is taken for accepted',
    file: channel,
    find: 'if (next === this.#continuationToken) {',
    replace: 'if (next === "") {',
  },
  {
    name: 'a commit that never comes is waited for without end',
    file: 'connector/accepted-batches.ts',
    find: 'this.#timer = clock.setTimer(waitMs, () => onTimeout(last));',
    replace: 'void [waitMs, onTimeout, last];',
  },
  {
    name: 'an open trusts a token that is further on than the one it read',
    file: channel,
    find: 'this.opened = channelStatus(reply.status, this.#rowsErrorCountAtOpen);',
    replace:
      'this.opened = { ...channelStatus(reply.status, this.#rowsErrorCountAtOpen), committed: reply.status.committed === null ? null : ((reply.status.committed + 1n) as LastOffset) };',
  },
  {
    name: 'a rewind that waits does not hold back the commit',
    file: 'runtime/offset-commits.ts',
    find: 'offset: this.#options.beforeRewind(at)',
    replace: 'offset: at.offset',
  },
  {
    name: 'a clock set back stops offset commits',
    file: 'runtime/offset-commits.ts',
    find: 'return now >= this.#dueAtMs || this.#dueAtMs - now > this.#options.intervalMs;',
    replace: 'return now >= this.#dueAtMs;',
  },
  {
    name: 'rows that came during a reopen count as read',
    file: writer,
    find: `    this.#tracker.buffered(rows.firstOffset, rows.lastOffset);
    // While`,
    replace: `    if (this.#state === 'open') this.#tracker.buffered(rows.firstOffset, rows.lastOffset);
    // While`,
  },
  {
    name: 'the end of the log is not asked for again after a slow open',
    file: sourcePartition,
    find: 'if (token === null || token < assignment.logEnd) return assignment;',
    replace: 'if (assignment.epoch >= 0) return assignment;',
  },
];
