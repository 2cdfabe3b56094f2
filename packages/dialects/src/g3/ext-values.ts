import { Buffer } from 'node:buffer';
import { malformed } from '../errors.js';
import type { WireMap, WireValue } from '../wire-value.js';
import { PickleCall, PickleGlobal, PickleTuple, type PickleValue, readPickle } from './pickle.js';
import { readTemporenc } from './temporenc.js';

const TYPES = 'ai.backend.common.types';
const DOCKER = 'ai.backend.common.docker';

/** Members of the enums that Python 3.11 would send by name. @see spec/02 §2.3 */
const ENUM_MEMBERS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  [`${TYPES}.SessionTypes`]: {
    INTERACTIVE: 'interactive',
    BATCH: 'batch',
    INFERENCE: 'inference',
    SYSTEM: 'system',
  },
  [`${TYPES}.ClusterMode`]: { SINGLE_NODE: 'single-node', MULTI_NODE: 'multi-node' },
  [`${TYPES}.AutoPullBehavior`]: { DIGEST: 'digest', TAG: 'tag', NONE: 'none' },
  [`${TYPES}.MountPermission`]: { READ_ONLY: 'ro', READ_WRITE: 'rw', RW_DELETE: 'wd' },
  [`${DOCKER}.LabelName`]: {
    CUSTOMIZED_OWNER: 'ai.backend.customized-image.owner',
    CUSTOMIZED_NAME: 'ai.backend.customized-image.name',
    CUSTOMIZED_ID: 'ai.backend.customized-image.id',
    CUSTOMIZED_USER_EMAIL: 'ai.backend.customized-image.user.email',
    FEATURES: 'ai.backend.features',
  },
};

/**
 * Turns the extension values of G3 messages into plain data: UUID, Decimal, path, enum, slot name and datetime become text, a
 * binary size an integer, a resource slot map a map of decimal text, an image reference a map with the manager's field names.
 *
 * @throws {DialectError} `RPC_MALFORMED` for unknown types and for payloads that are not what their type says.
 * @see spec/01 §4.2
 */
export function readG3Extension(type: number, data: Uint8Array): WireValue {
  switch (type) {
    case 1:
      return uuid(data);
    case 2:
      return readTemporenc(data);
    case 3:
      return decimal(readPickle(data));
    case 4:
    case 5:
    case 17:
      return path(data);
    case 6:
      return enumValue(readPickle(data));
    case 7:
      return imageRef(readPickle(data));
    case 8:
      return resourceSlot(readPickle(data));
    case 9:
      return slotName(readPickle(data));
    case 16:
      return binarySize(readPickle(data));
    default:
      throw malformed(`extension type ${type} is unknown`);
  }
}

function uuid(data: Uint8Array): string {
  if (data.length !== 16) throw malformed('a UUID that has not 16 bytes');
  const hex = Buffer.from(data).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

function path(data: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);
  } catch (error) {
    throw malformed('a path that is not valid UTF-8', { cause: error });
  }
}

/** The one argument of a call of exactly this class. */
function argumentOf(value: PickleValue, module: string, name: string, isObject: boolean): PickleValue {
  const ok =
    value instanceof PickleCall &&
    value.callee.module === module &&
    value.callee.name === name &&
    value.isObject === isObject &&
    value.args.length === 1;
  if (!ok) throw malformed(`a pickle that is no ${name}`);
  return value.args[0] ?? null;
}

function decimal(value: PickleValue): string {
  const text = argumentOf(value, 'decimal', 'Decimal', false);
  if (typeof text !== 'string') throw malformed('a Decimal that is not text');
  return text;
}

function binarySize(value: PickleValue): number | bigint {
  const size = argumentOf(value, TYPES, 'BinarySize', true);
  if (typeof size !== 'number' && typeof size !== 'bigint') throw malformed('a BinarySize that is no integer');
  return size;
}

function slotName(value: PickleValue): string {
  const name = argumentOf(value, TYPES, 'SlotName', true);
  if (typeof name !== 'string') throw malformed('a SlotName that is not text');
  return name;
}

/** Both forms of an enum member: by value (Python 3.12 and later) and by name (Python 3.11). */
function enumValue(value: PickleValue): string | number {
  if (!(value instanceof PickleCall) || value.isObject || value.state !== undefined)
    throw malformed('a pickle that is no enum member');
  const { module, name } = value.callee;
  if (module === 'builtins' && name === 'getattr') return enumMember(value.args);
  const [member, ...rest] = value.args;
  const known = module.startsWith('ai.backend.') && rest.length === 0;
  if (!known || (typeof member !== 'string' && typeof member !== 'number'))
    throw malformed(`a pickled ${module}.${name} is not allowed here`);
  return member;
}

function enumMember([owner, member, ...rest]: readonly PickleValue[]): string {
  if (!(owner instanceof PickleGlobal) || typeof member !== 'string' || rest.length > 0)
    throw malformed('a pickle that is no enum member');
  const members = ENUM_MEMBERS[`${owner.module}.${owner.name}`];
  const value = members !== undefined && Object.hasOwn(members, member) ? members[member] : undefined;
  if (value === undefined) throw malformed(`the enum member ${owner.name}.${member} is unknown`);
  return value;
}

/** The state of an object that was made without arguments. */
function stateOf(value: PickleValue, module: string, name: string): PickleValue {
  const ok =
    value instanceof PickleCall && value.isObject && value.callee.module === module && value.callee.name === name;
  if (!ok || value.args.length > 0) throw malformed(`a pickle that is no ${name}`);
  return value.state ?? null;
}

function imageRef(value: PickleValue): WireMap {
  const state = stateOf(value, DOCKER, 'ImageRef');
  if (!(state instanceof Map)) throw malformed('an ImageRef without fields');
  const text = (key: string): string => {
    const field = state.get(key);
    if (typeof field !== 'string') throw malformed(`an ImageRef whose ${key} is not text`);
    return field;
  };
  const project = state.get('project') ?? null;
  const isLocal = state.get('is_local');
  if ((project !== null && typeof project !== 'string') || typeof isLocal !== 'boolean')
    throw malformed('an ImageRef with wrong fields');
  return {
    name: text('name'),
    project,
    tag: text('tag'),
    registry: text('registry'),
    architecture: text('architecture'),
    is_local: isLocal,
  };
}

function resourceSlot(value: PickleValue): WireMap {
  const state = stateOf(value, TYPES, 'ResourceSlot');
  const fields = state instanceof PickleTuple ? state.items[1] : undefined;
  const slots = fields instanceof Map ? fields.get('data') : undefined;
  if (!(slots instanceof Map)) throw malformed('a ResourceSlot without its amounts');
  return Object.fromEntries(
    [...slots].map(([slot, amount]) => {
      if (typeof slot !== 'string' || slot === '__proto__')
        throw malformed('a ResourceSlot with a slot that is not text');
      return [slot, typeof amount === 'string' ? amount : decimal(amount)];
    }),
  );
}
