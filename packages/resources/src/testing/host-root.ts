import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface FakeHost {
  /** Cores that the process may use, as `0-3`. */
  readonly allowedCpus: string;
  /** Cores that are on. Default: those that are allowed. Empty text: not told. */
  readonly onlineCpus?: string;
  readonly memoryBytes: bigint;
  /** More files, by their path below the root. */
  readonly files?: Readonly<Record<string, string>>;
}

/** Makes a folder with the `proc` and `sys` of some other host, for `HostResources.open({ root })`. Dispose it to remove it. */
export function makeHostRoot(host: FakeHost): Disposable & { readonly root: string } {
  const root = mkdtempSync(join(tmpdir(), 'host-'));
  const files: Record<string, string> = {
    'proc/self/status': `Name:\tnode\nUid:\t0\t0\t0\t0\nCpus_allowed_list:\t${host.allowedCpus}\n`,
    'proc/meminfo': `MemTotal:       ${host.memoryBytes / 1024n} kB\nMemAvailable:   1024 kB\n`,
    'sys/devices/system/cpu/online': `${host.onlineCpus ?? host.allowedCpus}\n`,
    ...host.files,
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return { root, [Symbol.dispose]: () => rmSync(root, { recursive: true, force: true }) };
}
