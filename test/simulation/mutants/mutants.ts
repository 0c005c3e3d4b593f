/** A bug that somebody could write: a patch of production code, applied in a simulation's thread only. */
export interface Mutant {
  readonly name: string;
  /** Below src. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
  /** A seed that has noticed it before: tried first. */
  readonly seed?: number;
}

const writer = 'connector/topic-partition-writer.ts';
const channel = 'destinations/snowpipe-streaming/channel.ts';
const tracker = 'offsets/partition-offset-tracker.ts';
const resume = 'offsets/resume.ts';
const letters = 'dlq/source-partition-letters.ts';

export const mutants: readonly Mutant[] = [
  {
    name: 'Kafka is committed before rows are durable',
    seed: 1,
    file: tracker,
    find: 'return pending === null || pending > consumed ? consumed : asNextOffset(pending);',
    replace: 'return consumed;',
  },
  {
    name: 'resume one too late: a row is skipped',
    seed: 1,
    file: 'api/offsets.ts',
    find: '(last + 1n) as NextOffset',
    replace: '(last + 2n) as NextOffset',
  },
  {
    name: 'tokens are compared as text',
    seed: 53,
    file: writer,
    find: '(token === null || status.committed > token)) {',
    replace: '(token === null || String(status.committed) > String(token))) {',
  },
  {
    name: 'no rewind after a channel was lost',
    seed: 1,
    file: writer,
    find: 'this.#deps.rewind(from);',
    replace: '',
  },
  {
    name: 'a batch is cut anew for an ambiguous retry',
    seed: 25,
    file: 'destinations/snowpipe-streaming/request-sender.ts',
    find: 'body: call.body, signal: either.signal',
    replace:
      'body: tries > 1 && call.operation === "append" ? call.body?.slice(0, 1) ?? null : call.body, signal: either.signal',
  },
  {
    name: 'an ambiguous retry takes a continuation token of its own',
    seed: 28,
    file: channel,
    find: "onRetry: () => this.#count('retried'),",
    replace:
      'onRetry: () => { call.query[2][1] = String(call.query[2][1]).replace(/\\d+$/, (row) => String(Number(row) + 1)); },',
  },
  {
    name: 'the promise of a dead letter is dropped',
    seed: 822,
    file: writer,
    find: 'await orAborted(errantRecordReporter.settled(), signal);',
    replace: '',
  },
  {
    name: 'commits do not wait for dead letters',
    seed: 90,
    file: 'runtime/failure-log.ts',
    find: 'await Promise.allSettled(this.#pending);',
    replace: '',
  },
  {
    name: 'a dead letter that failed is forgotten',
    seed: 10,
    file: letters,
    find: 'if (error instanceof ConnectError) throw error;',
    replace: 'if (Date.now() > 0) return;',
  },
  {
    name: 'the next owner does not learn which dead letters there are',
    seed: 20,
    file: letters,
    find: 'for (const offset of known.offsets) if (offset >= this.#from) this.#noted.add(offset);',
    replace: '',
  },
  {
    name: 'a dead letter that got no answer is written again unasked',
    seed: 20,
    file: letters,
    find: 'const missing = ours.filter(({ offset }) => offset >= this.#settledBelow && !this.#noted.has(offset));',
    replace: 'const missing = ours;',
  },
  {
    name: 'an owner that was pushed out writes the dead letters of rows that the next one has sent again',
    file: letters,
    find: 'const ours = await this.#withoutThoseOfAnotherOwner(letters);',
    replace: 'const ours = letters;',
  },
  {
    name: 'the flush timer is lost',
    seed: 7,
    file: writer,
    find: "else this.#deps.pauses.resume(this.assignment, 'backlog');\n    this.#armFlushTimer();",
    replace: "else this.#deps.pauses.resume(this.assignment, 'backlog');",
  },
  {
    name: 'a flush timer that was cancelled is never set again',
    file: 'connector/flush-timer.ts',
    find: 'this.#timer?.cancel();\n    this.#timer = null;',
    replace: 'this.#timer?.cancel();',
  },
  {
    name: 'a zombie is not fenced: it takes over the new continuation token',
    seed: 1,
    file: channel,
    find: "if (this.#isClosed) throw this.#broken('CHANNEL_CLOSED', 'it was closed while rows were being appended');",
    replace: `const status = JSON.parse((await this.#options.session.send((await import('./request-builder.ts')).openCall(this.#options.pipe, this.spec.channelName, false), signal)).text); this.#continuationToken = status.next_continuation_token;`,
  },
  {
    name: 'reopening skips the open call, and so the fence',
    seed: 1,
    file: 'connector/channel-recovery.ts',
    find: 'return destination.open(spec, closing);',
    replace: 'return destination === undefined || spec === undefined ? lost : lost;',
  },
  {
    name: 'a filtered tail freezes the offset',
    seed: 4,
    file: tracker,
    find: 'return pending === null || pending > consumed ? consumed : asNextOffset(pending);',
    replace:
      'return pending === null ? (this.#token === null ? consumed : asNextOffset(this.#token + 1n)) : asNextOffset(pending);',
  },
  {
    name: 'a topic that was made again is read on',
    seed: 105,
    file: resume,
    find: 'if (noted?.topicId && facts.topicId && noted.topicId !== facts.topicId) {',
    replace: 'if (noted?.topicId && facts.topicId && noted.topicId === "") {',
  },
  {
    name: 'what retention took is skipped without a word',
    seed: 21,
    file: resume,
    find: "const lost = { code: 'retention-loss', from: at, to: facts.logStart - 1n } as const;",
    replace:
      "const lost = { code: 'retention-loss', from: at, to: facts.logStart - 1n } as const; if (lost.to >= 0n) return start(facts.logStart);",
  },
  {
    name: 'offsets are committed on revoke before rows are durable',
    seed: 19,
    file: 'runtime/partition-life-cycle.ts',
    find: 'if (!hasFailed()) await this.#flush(partitions, end);\n    await commits.commitClosing(partitions, end);',
    replace:
      'if (!hasFailed()) await this.#flush(partitions, end);\n    await this.#options.consumer.commit(this.#options.consumer.assignment().map((a) => ({ topic: a.topic, partition: a.partition, epoch: a.epoch, offset: this.#options.consumer.position(a) ?? a.logStart, metadata: "" })));',
  },
  {
    name: 'the buffer is kept over a reopen',
    seed: 10,
    file: writer,
    find: `    this.#buffer.discard();
    this.#deps.pauses.pause(this.assignment, 'recovery');`,
    replace: `    this.#deps.pauses.pause(this.assignment, 'recovery');`,
  },
  {
    name: 'a status of another channel is taken for this one',
    seed: 241,
    file: 'destinations/snowpipe-streaming/status-poller.ts',
    find: 'channel.statusRead(statuses.get(channel.statusName) ?? null);',
    replace: 'channel.statusRead([...statuses.values()][0] ?? null);',
  },
  {
    name: 'an accepted append counts as durable',
    seed: 1,
    file: writer,
    find: 'this.#accepted.add(batch.lastOffset, batch.firstBufferedAtMs);',
    replace: 'this.#tracker.committed(batch.lastOffset);',
  },
  {
    name: 'a paused partition is never resumed after a recovery',
    seed: 1,
    file: writer,
    find: "this.#deps.pauses.resume(this.assignment, 'recovery');",
    replace: '',
  },
  {
    name: 'a partition that waited for the network is never resumed',
    seed: 3,
    file: writer,
    find: "else this.#deps.pauses.resume(this.assignment, 'backlog');",
    replace: '',
  },
  {
    name: 'memory of sent batches is not given back',
    seed: 1,
    file: 'buffer/row-body.ts',
    find: 'if (held) budget.release(wireBytes);',
    replace: '',
  },
  {
    name: 'partitions never go on after memory was short',
    seed: 3,
    file: 'connector/memory-pressure.ts',
    find: '      this.#timer = null;\n      resume();',
    replace: '      this.#timer = null;',
  },
  {
    name: '200 without taking the rows is taken for accepted',
    seed: 38,
    file: channel,
    find: 'if (next === this.#continuationToken) {',
    replace: 'if (next === "") {',
  },
  {
    name: 'an open trusts a token that is further on than the one it read',
    seed: 1,
    file: channel,
    find: 'this.opened = channelStatus(reply.status, this.#rowsErrorCountAtOpen);',
    replace:
      'this.opened = { ...channelStatus(reply.status, this.#rowsErrorCountAtOpen), committed: reply.status.committed === null ? null : ((reply.status.committed + 1n) as LastOffset) };',
  },
  {
    name: 'a rewind that waits does not hold back the commit',
    seed: 44,
    file: 'runtime/offset-commits.ts',
    find: 'offset: this.#options.beforeRewind(at)',
    replace: 'offset: at.offset',
  },
  {
    name: 'a clock set back stops offset commits',
    seed: 53,
    file: 'runtime/offset-commits.ts',
    find: 'return now >= this.#dueAtMs || this.#dueAtMs - now > this.#options.intervalMs;',
    replace: 'return now >= this.#dueAtMs;',
  },
  {
    name: 'a token that is of no batch of ours is taken for durable',
    seed: 409,
    file: writer,
    find: 'if (!this.#sent.has(status.committed)) {',
    replace: 'if (this.#sent === undefined) {',
  },
  {
    name: 'what an owner sent before it died is believed uncounted',
    seed: 42,
    file: 'connector/late-rejections.ts',
    find: 'const isWhole = counted === null || counted >= Number(committed - last);',
    replace: 'const isWhole = counted === null || committed >= last;',
  },
  {
    name: 'what is looked into again forgets its dead letters',
    seed: 131,
    file: resume,
    find: 'if (kafka >= facts.logStart) return start(kafka);',
    replace: 'if (kafka >= facts.logStart) return start(at);',
  },
  {
    name: 'rows that vanish before a reopen are not asked for',
    seed: 42,
    file: writer,
    find: 'this.audit.see(opened, unaccounted);',
    replace: 'this.audit.see(opened, unaccounted === null ? 0 : 0);',
  },
  {
    name: 'what a lane’s owner sent before it died is not asked for',
    file: 'connector/source-partition.ts',
    find: 'writer.audit.see(channel.opened, null);',
    replace: 'writer.audit.see(channel.opened);',
  },
  {
    name: 'a search for missing rows leads past where reading begins',
    file: 'connector/source-partition.ts',
    find: 'this.#rewindTo = begun.at;',
    replace: 'this.#rewindTo = null;',
  },
  {
    name: 'a lane that stands idle is closed while its dropped rows are looked for',
    file: writer,
    find: 'return isDurable && !this.audit.isUnderWay;',
    replace: 'return isDurable;',
  },
  {
    name: 'rows that are sent again are not handed over when memory is short',
    file: writer,
    find: "if (reason === 'memory') this.audit.again?.cut();",
    replace: '',
  },
  {
    name: 'rows are sent again into a table that was made anew',
    file: writer,
    find: 'await this.#channel.confirm?.(signal);',
    replace: '',
  },
  {
    name: 'what the end of a truncated log leaves out of one of several lanes is not named',
    file: resume,
    find: '&& facts.rows !== undefined && !isDoubted;',
    replace: '&& !isDoubted;',
  },
  {
    name: 'rows that were dropped late are waited for behind the end of a truncated log',
    file: 'connector/rejection-audit.ts',
    find: 'if (consumed <= window.to) this.#checkLogEnd(audit);',
    replace: '',
  },
];
