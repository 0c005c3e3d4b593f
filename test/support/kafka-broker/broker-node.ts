/** One Kafka broker, however it is run. Data and address survive everything but `remove`. */
export interface BrokerNode {
  /** 1, 2, 3 … */
  readonly id: number;
  /** Resolves when the broker serves; rejects with the end of its log when it ends instead. Also after `stop` and `kill`. */
  start(): Promise<void>;
  /** SIGTERM: leaders move away, the log is closed cleanly. */
  stop(): Promise<void>;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** SIGSTOP (or the container's freezer): connections stay open, nothing answers. */
  pause(): Promise<void>;
  unpause(): Promise<void>;
  /** Kills it and deletes its data. */
  remove(): Promise<void>;
}

/** Where a node finds itself and its peers; differs between containers (a network of their own) and processes (loopback). */
export interface NodeAddresses {
  readonly id: number;
  /** Clients of this machine: 127.0.0.1:port. */
  readonly clientPort: number;
  /** Where clients are told to go instead: a proxy in front of it. */
  readonly advertisedPort?: number;
  /** Address to bind the three listeners to. */
  readonly bind: string;
  readonly host: string;
  readonly brokerPort: number;
  readonly controllerPort: number;
}

export const startedMessage = /Kafka Server started/;
export const clusterId = '5L6g3nShT-eMCtK--X86sw';
/** A broker of a test needs little: 2 cores are shared by all of them and the tests. */
export const heapOptions = ['-Xms128m', '-Xmx512m'];
export const jvmOptions = ['-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];
