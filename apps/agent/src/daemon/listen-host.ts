import { lookup } from 'node:dns/promises';
import { hostname } from 'node:os';

/** The host to listen on: that of the configuration, else the address of this host's name, else loopback. @see spec/06 §1.8 */
export async function listenHost(configured: string): Promise<string> {
  if (configured !== '') return configured;
  try {
    return (await lookup(hostname(), { family: 4 })).address;
  } catch {
    return '127.0.0.1'; // a host whose name nobody knows can still be reached from itself
  }
}

/** `HOST:PORT`, with the brackets that IPv6 needs. */
export const hostAndPort = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;
