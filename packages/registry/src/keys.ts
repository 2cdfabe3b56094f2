import { RegistryError } from './errors.js';

/** Room for a scope's prefix and for image names; etcd itself allows far more. */
const MAX_KEY_LENGTH = 1024;

/** Quotes one component of a key: only letters, digits and `_.-~` stay, all else becomes `%XX`. @see spec/04 §1.1 */
export const quoteComponent = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Undoes {@link quoteComponent}. Text that isn't validly quoted comes back as it is: others write keys, too. */
export function unquoteComponent(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Whether a key is the prefix or below it. The empty prefix has all keys. */
export const isBelow = (key: string, prefix: string): boolean =>
  prefix === '' || key === prefix || key.startsWith(`${prefix}/`);

/**
 * Checks a key of a caller. A trailing slash is part of a key (`nodes/agents/i-1/` is the status of an agent in G2 and G3); an empty
 * key is one in the scopes that have a prefix of their own.
 * @throws RegistryError `REGISTRY_INVALID_KEY`
 */
export function checkKey(key: string): string {
  if (key.length > MAX_KEY_LENGTH) throw invalid(key, `is longer than ${MAX_KEY_LENGTH} characters`);
  if (key.startsWith('/')) throw invalid(key, "must not begin with '/': write it without");
  if (key.includes('//')) throw invalid(key, "has an empty component: quote components that hold '/'");
  if ([...key].some(isControl)) throw invalid(key, 'has a control character or half of a surrogate pair');
  return key;
}

/** As {@link checkKey}, without the trailing slash that people put at the end of a prefix. */
export const checkPrefix = (prefix: string): string => checkKey(prefix).replace(/\/$/, '');

function isControl(char: string): boolean {
  const code = char.codePointAt(0) ?? 0;
  return code < 0x20 || code === 0x7f || (code >= 0xd800 && code <= 0xdfff);
}

const invalid = (key: string, problem: string): RegistryError =>
  new RegistryError('REGISTRY_INVALID_KEY', `key ${JSON.stringify(key.slice(0, 80))} ${problem}`);
