import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { RpcError } from './errors.js';

export interface TcpAddress {
  readonly host: string;
  /** 0 lets the system choose, for listening. */
  readonly port: number;
}

/** Parses `tcp://HOST:PORT` or `HOST:PORT`; an IPv6 host stands in brackets. @throws {RpcError} `RPC_INVALID_ADDRESS` */
export function parseTcpAddress(text: string): TcpAddress {
  const match = /^(?:tcp:\/\/)?(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port > 65535) {
    const shown = JSON.stringify(text);
    throw new RpcError(
      'RPC_INVALID_ADDRESS',
      `an address must be like 127.0.0.1:7001 or tcp://127.0.0.1:7001, got ${shown}`,
    );
  }
  return { host, port };
}

export function formatTcpAddress({ host, port }: TcpAddress): string {
  return `tcp://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** ZeroMQ binds to numbers and `*` only. @throws the system's error when the name can't be resolved. */
export async function toBindEndpoint({ host, port }: TcpAddress): Promise<string> {
  const wildcard = host === '*' || host === '0.0.0.0';
  const numeric = wildcard || isIP(host) !== 0 ? host : (await lookup(host)).address;
  return formatTcpAddress({ host: numeric, port }).replace(/:0$/, ':*');
}

export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host);
