import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { kafkaClientId, startNetworkProxy } from '../../support/network-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A server that answers every piece with itself, a proxy before it that knows clients by their first byte. */
const echoProxy = async () => {
  const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = await startNetworkProxy({ identify: (start) => start.toString('latin1', 0, 1) });
  proxy.aim((server.address() as AddressInfo).port);
  onTestFinished(async () => {
    await proxy.close();
    server.close();
  });
  const dial = (first: string) => {
    const socket: Socket = connect(proxy.port, '127.0.0.1');
    let received = '';
    socket.on('error', () => {});
    socket.on('data', (piece) => {
      received += piece.toString();
    });
    socket.write(first);
    const got = (text: string) => waitFor(() => received === text, { deadlineMs: 5000, what: `"${text}"` });
    const ended = () => waitFor(() => socket.destroyed, { deadlineMs: 5000, what: 'the connection to end' });
    return { socket, got, ended, received: () => received };
  };
  return { proxy, dial };
};

test('a cut resets the connections of one client, old and new, until it is healed', async () => {
  const { proxy, dial } = await echoProxy();
  const [cut, spared] = [dial('a1'), dial('b1')];
  await cut.got('a1');
  await spared.got('b1');
  const fault = proxy.strike('a', { type: 'cut' });
  await cut.ended();
  await dial('a2').ended();
  expect(fault.strikes()).toBe(2);
  fault.heal();
  await dial('a3').got('a3');
  spared.socket.write('b2');
  await spared.got('b1b2');
});

test('half-open: nothing passes, nothing ends; reset when it is over', async () => {
  const { proxy, dial } = await echoProxy();
  const client = dial('a1');
  await client.got('a1');
  const fault = proxy.strike('a', { type: 'half-open' });
  client.socket.write('a2');
  await waitFor(() => fault.strikes() === 1, { deadlineMs: 5000, what: 'a strike' });
  expect([client.received(), client.socket.destroyed]).toEqual(['a1', false]);
  fault.heal();
  await client.ended();
  expect(client.received()).toBe('a1');
});

test('hold: what matches waits and is delivered afterwards, and its answer is noted', async () => {
  const { proxy, dial } = await echoProxy();
  const [held, other] = [dial('a1'), dial('a2')];
  await held.got('a1');
  await other.got('a2');
  const fault = proxy.strike('a', { type: 'hold', text: /rows/ });
  held.socket.write('POST rows\r\nbody');
  await waitFor(() => fault.strikes() === 1, { deadlineMs: 5000, what: 'a strike' });
  other.socket.write('!');
  await other.got('a2!');
  expect([fault.held, fault.answers, held.received()]).toEqual([['POST rows'], [], 'a1']);
  fault.heal();
  await held.got('a1POST rows\r\nbody');
  expect(fault.answers).toEqual(['POST rows']);
});

test('a delay keeps the order', async () => {
  const { proxy, dial } = await echoProxy();
  const client = dial('a1');
  await client.got('a1');
  const fault = proxy.strike('a', { type: 'delay', ms: 5 });
  for (const piece of ['2', '3', '4']) client.socket.write(piece);
  await client.got('a1234');
  expect(fault.strikes()).toBeGreaterThan(0);
});

test('a Kafka connection is known by the client id of its first request, as soon as that is there', () => {
  const header = Buffer.from([0, 0, 0, 20, 0, 18, 0, 3, 0, 0, 0, 1, 0, 2]);
  expect(kafkaClientId(header.subarray(0, 10))).toBeNull();
  expect(kafkaClientId(Buffer.concat([header, Buffer.from('w')]))).toBeNull();
  expect(kafkaClientId(Buffer.concat([header, Buffer.from('w1')]))).toBe('w1');
});
