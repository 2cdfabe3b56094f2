import { FileStore, type FileStoreOptions } from './file-store.js';
import { type RegistryIdentity, ScopedRegistry } from './scoped-registry.js';

/** The registry of a stand-alone agent: a file, and nothing to install. Closing it closes the file's store. */
export class EmbeddedRegistry extends ScopedRegistry {
  readonly #store: FileStore;

  private constructor(store: FileStore, identity: RegistryIdentity) {
    super(store, identity);
    this.#store = store;
  }

  /** @throws RegistryError `REGISTRY_UNAVAILABLE` */
  static async open(options: FileStoreOptions & RegistryIdentity): Promise<EmbeddedRegistry> {
    return new EmbeddedRegistry(await FileStore.open(options), options);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}
