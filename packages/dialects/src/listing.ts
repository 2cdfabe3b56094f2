import type { FileListing } from '@bai/agent-api';

/** The entries travel as JSON text with a line feed, empty when the listing failed. @see spec/02 §7.12 */
export function fromFileListing(listing: FileListing): object {
  const entries = listing.files.map(({ mode, size, ctime, mtime, atime, filename }) => ({
    mode,
    size,
    ctime,
    mtime,
    atime,
    filename,
  }));
  return {
    files: listing.errors === '' ? `${JSON.stringify(entries)}\n` : '',
    errors: listing.errors,
    abspath: listing.path,
  };
}
