export { EmbeddedRegistry } from './embedded-registry.js';
export { RegistryError, type RegistryErrorCode } from './errors.js';
export { FileStore, type FileStoreOptions } from './file-store.js';
export type { KeyValueCondition, KeyValueStore, KeyValueWrite } from './key-value-store.js';
export { isBelow, quoteComponent, unquoteComponent } from './keys.js';
export type {
  ReadOptions,
  ReadScope,
  Registry,
  RegistryChange,
  RegistryTree,
  Scope,
  WriteOptions,
} from './port.js';
export { type RegistryIdentity, ScopedRegistry } from './scoped-registry.js';
