import { parseSize } from '@bai/core';
import { parse } from 'smol-toml';
import { z } from 'zod';

/** A network address. `host` is empty where the agent shall find its own. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

type Context = z.core.$RefinementCtx;

/** Refuses the value with this text. */
function refuse(context: Context, message: string): never {
  context.issues.push({ code: 'custom', message, input: context.value });
  return z.NEVER;
}

const SIZE = 'must be a size such as 1073741824, "512m", "1.5g" or "1 GiB"';

/** Bytes in powers of 1024, never negative. @see spec/06 §1.2 */
export const size = () =>
  z
    .union([z.int(), z.string()], { error: SIZE })
    .transform((value, context): bigint => {
      const bytes = sizeOrUndefined(String(value));
      return bytes === undefined || bytes < 0n ? refuse(context, SIZE) : bytes;
    })
    .meta({ syntax: 'size' });

function sizeOrUndefined(text: string): bigint | undefined {
  try {
    return parseSize(text);
  } catch {
    return undefined;
  }
}

const DECIMAL_UNITS = 'kmgt';
const DECIMAL_SIZE = 'must be a size such as 10000000, "10M" (ten million bytes) or "10MiB"';

/** Bytes in powers of 1000, or of 1024 with `iB`: only the rotation size of log files is written so. @see spec/06 §1.2 */
export const decimalSize = () =>
  z
    .union([z.int(), z.string()], { error: DECIMAL_SIZE })
    .transform((value, context): number => {
      const match = /^(?!0+$)(\d+(?:\.\d+)?)\s*(?:([kmgt])(i?)b?)?$/i.exec(String(value).replaceAll('_', ''));
      const [, number, unit, binary] = match ?? [];
      if (number === undefined) return refuse(context, DECIMAL_SIZE);
      const exponent = unit === undefined ? 0 : DECIMAL_UNITS.indexOf(unit.toLowerCase()) + 1;
      return Math.floor(Number(number) * (binary ? 1024 : 1000) ** exponent);
    })
    .meta({ syntax: 'size (decimal)' });

/** What one address may be. */
interface HostPortRules {
  /** An empty host means: find out. */
  readonly blank?: boolean;
  /** Port 0 means: any free one. */
  readonly anyPort?: boolean;
}

/** `"HOST:PORT"`, `["HOST", PORT]` or `{ host = …, port = … }`; an IPv6 host stands in brackets. @see spec/06 §1.2 */
export const hostPort = (rules: HostPortRules = {}) => {
  const error = `must be an address such as "127.0.0.1:6001" or { host = "127.0.0.1", port = 6001 }, with a port from ${rules.anyPort ? 0 : 1} to 65535`;
  const number = z.union([z.int(), z.string()]);
  const table = z.object({ host: z.string(), port: number });
  return z
    .union([z.string(), z.tuple([z.string(), number]), table], { error })
    .transform((value, context): HostPort => {
      const address = toHostPort(value);
      const portOk = Number.isInteger(address.port) && address.port >= (rules.anyPort ? 0 : 1) && address.port <= 65535;
      const hostOk = address.host === '' ? rules.blank === true : /^[^\s[\]]+$/.test(address.host);
      return portOk && hostOk ? address : refuse(context, error);
    })
    .meta({ syntax: 'address' });
};

function toHostPort(value: string | [string, number | string] | { host: string; port: number | string }): HostPort {
  if (Array.isArray(value)) return { host: value[0], port: Number(value[1]) };
  if (typeof value === 'object') return { host: value.host, port: Number(value.port) };
  const match = /^(?:\[([^\]]*)\]|(.*)):(\d{1,5})$/.exec(value);
  return { host: match?.[1] ?? match?.[2] ?? '', port: Number(match?.[3] ?? -1) };
}

const PORT = 'must be a port number from 1 to 65535';
const portNumber = z.int({ error: PORT }).min(1, { error: PORT }).max(65535, { error: PORT });
export const port = () => portNumber.meta({ syntax: 'port' });

const RANGE = 'must be two ports, the lower one first, such as [30000, 31000] or "30000-31000"';

/** Two ports, both included. The quoted form `"[30000, 31000]"` is what generated sample files have. @see spec/10 §5.4 */
export const portRange = () =>
  z
    .union([z.tuple([z.int(), z.int()]), z.string()], { error: RANGE })
    .transform((value, context): readonly [number, number] => {
      const [low = 0, high = 0] = typeof value === 'string' ? rangeNumbers(value) : value;
      return low >= 1 && low < high && high <= 65535 ? [low, high] : refuse(context, RANGE);
    })
    .meta({ syntax: 'port range' });

function rangeNumbers(text: string): readonly number[] {
  const match = /^\s*[[(]?\s*(\d+)\s*[-,]\s*(\d+)\s*[\])]?\s*$/.exec(text);
  return match === null ? [] : [Number(match[1]), Number(match[2])];
}

const LIST = 'must be a list of texts such as ["a", "b"]';

/** A list; `"a,b"` and the quoted form `"['a', 'b']"` are accepted as well. */
export const textList = () =>
  z
    .union([z.array(z.string()), z.string()], { error: LIST })
    .transform((value, context): readonly string[] => {
      if (typeof value !== 'string') return value;
      return listFromText(value) ?? refuse(context, LIST);
    })
    .meta({ syntax: 'list of texts' });

function listFromText(text: string): readonly string[] | undefined {
  if (!text.trimStart().startsWith('[')) return text.split(',').flatMap((item) => item.trim() || []);
  try {
    const list = z.array(z.string()).safeParse(parse(`list = ${text}`)['list']);
    return list.data;
  } catch {
    return undefined;
  }
}

const USER = 'must be a number, the name of a user, or -1 for the user of the agent itself';

/** A user or group: -1, and empty text, mean that of the agent itself. Names are looked up by who uses the value. */
export const userId = () =>
  z
    .union([z.int(), z.string()], { error: USER })
    .transform((value, context): number | string => {
      if (typeof value === 'number') return value >= -1 ? value : refuse(context, USER);
      if (value === '') return -1;
      if (/^(-1|\d+)$/.test(value)) return Number(value);
      return /^[A-Za-z_][\w.-]*\$?$/.test(value) ? value : refuse(context, USER);
    })
    .meta({ syntax: 'user id' });

export const flag = () => z.boolean({ error: 'must be true or false' }).meta({ syntax: 'true or false' });
export const text = () => z.string({ error: 'must be text' }).meta({ syntax: 'text' });
export const path = () =>
  z.string({ error: 'must be a path' }).min(1, { error: 'must be a path' }).meta({ syntax: 'path' });
/** A path of a file that a driver reads; empty text means none, as in existing files. */
export const optionalFile = () => z.string({ error: 'must be a path' }).meta({ syntax: 'path' });

/** Seconds, as a plain number. */
export const seconds = (minimum = 0) => {
  const error = `must be a number of seconds, at least ${minimum}`;
  return z.number({ error }).min(minimum, { error }).meta({ syntax: 'seconds' });
};

/** A whole number between two others. */
export const count = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER) => {
  const upper = maximum === Number.MAX_SAFE_INTEGER ? ' or more' : ` to ${maximum}`;
  const error = `must be a whole number, ${minimum}${upper}`;
  return z.int({ error }).min(minimum, { error }).max(maximum, { error }).meta({ syntax: 'whole number' });
};

/** One of several words, in any case. */
export const oneOf = <const Words extends readonly [string, ...string[]]>(...words: Words) => {
  const error = `must be one of ${words.join(', ')}`;
  const find = (value: unknown) => words.find((word) => word.toLowerCase() === String(value).toLowerCase()) ?? value;
  return z.preprocess(find, z.enum(words, { error })).meta({ syntax: words.map((word) => `\`${word}\``).join(', ') });
};
