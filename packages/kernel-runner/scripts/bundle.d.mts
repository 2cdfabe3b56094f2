/** Writes the bundle to `directory` (`dist/bundle` of this package), replacing what is there. */
export function bundle(directory?: string): Promise<void>;
