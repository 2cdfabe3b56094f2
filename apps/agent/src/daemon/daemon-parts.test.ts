import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeShell } from '../testing/fake-shell.js';
import { hostAndPort, listenHost } from './listen-host.js';
import { PidFile } from './pid-file.js';
import { StopRequest } from './stop-request.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parts-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('PidFile', () => {
  it('has the process id and nothing else, and goes away', async () => {
    const path = join(folder, 'run/agent.pid');
    const file = await PidFile.write(path);
    expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
    await file[Symbol.asyncDispose]();
    expect(existsSync(path)).toBe(false);
  });

  it('says what to do when it has no place', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(PidFile.write(join(folder, 'file/agent.pid'))).rejects.toMatchObject({
      code: 'PID_FILE_UNWRITABLE',
      message: expect.stringContaining('set agent.pid-file to another place'),
    });
  });
});

describe('StopRequest', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)('%s asks once, the second no longer waits', async (signal) => {
    const shell = new FakeShell();
    let hurried = 0;
    {
      using stop = new StopRequest(shell, () => {
        hurried += 1;
      });
      expect(stop.signal.aborted).toBe(false);
      const waits = stop.wait();
      shell.signal(signal);
      await waits;
      await stop.wait();
      expect([stop.signal.aborted, hurried]).toEqual([true, 0]);
      shell.signal('SIGTERM');
      expect(hurried).toBe(1);
    }
    expect(shell.handlers).toBe(0);
  });
});

describe('the address to listen on', () => {
  it('is the configured one, or that of this host', async () => {
    expect(await listenHost('10.0.0.5')).toBe('10.0.0.5');
    expect(await listenHost('')).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it('has brackets for IPv6', () => {
    expect([hostAndPort('::1', 6001), hostAndPort('127.0.0.1', 0)]).toEqual(['[::1]:6001', '127.0.0.1:0']);
  });
});
