import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { SandboxBench } from './testing/sandbox-bench.js';
import { whyUnavailable } from './testing/why-unavailable.js';

const unavailable = await whyUnavailable();
const isRoot = process.geteuid?.() === 0;
const title = `isolation as user ${process.geteuid?.()}${unavailable === undefined ? '' : ` (not run here: ${unavailable})`}`;

describe.skipIf(unavailable !== undefined)(title, { timeout: 60_000 }, () => {
  it('gives the runner a user without rights, a clean environment and no descriptor of the host', async () => {
    await using bench = await SandboxBench.open();
    const { output } = await bench.run(
      'id -un; cat /proc/self/status; env; for f in /proc/$$/fd/*; do readlink $f; done',
    );
    const lines = output.split('\n');
    expect(lines[0]).toBe('work');
    for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
      expect(lines).toContain(`${set}:\t0000000000000000`);
    expect(lines).toContain('NoNewPrivs:\t1');
    const names = lines.flatMap((line) => /^([A-Z_]+)=/.exec(line)?.[1] ?? []);
    const own = names.filter((name) => name !== '_' && name !== 'SHLVL'); // some shells add these themselves
    expect(own.sort()).toEqual(['HOME', 'LANG', 'LOGNAME', 'PATH', 'PWD', 'SHELL', 'USER']);
    const files = lines.filter((line) => line.startsWith('/') || line.includes(':['));
    expect(
      files.filter((file) => file !== '/dev/null' && file !== '/run/bai/ready' && !file.endsWith('/console')),
    ).toEqual([]);
  });

  it('shows a root file system of listed parts only, and nothing of it can be written', async () => {
    await using bench = await SandboxBench.open();
    await writeFile(join(bench.folder, 'secret'), 'secret');
    const { output } = await bench.run(`ls /
      cat '${join(bench.folder, 'secret')}' && echo LEAK
      for place in / /etc /etc/passwd /usr /usr/bin /dev /home /home/config /opt/backend.ai /mnt /sys /proc/sys/kernel/hostname; do
        touch "$place/x" 2>/dev/null && echo "WRITABLE $place"; ( : >>"$place" ) 2>/dev/null && echo "WRITABLE $place"
      done
      for place in /tmp /dev/shm /home/work; do touch $place/x || echo "READONLY $place"; done
      ls /mnt; ls -a /sys/devices/system`);
    const shown = new Set(output.split('\n'));
    const allowed = 'bin dev etc home lib lib32 lib64 libx32 mnt opt proc root run sbin sys tmp usr var'.split(' ');
    const names = output.split('\n').filter((line) => /^[a-z0-9]+$/.test(line) && !['cpu', 'node'].includes(line));
    expect(names.filter((name) => !allowed.includes(name))).toEqual([]);
    expect(shown).toContain('usr');
    expect(output).not.toMatch(/LEAK|WRITABLE|READONLY/);
  });

  it('refuses mounts, nested namespaces, raised rights, and what belongs to process 1', async () => {
    await using bench = await SandboxBench.open();
    const { output, container } = await bench.run(`
      umount /home/config && echo BROKEN umount
      umount -l /usr && echo BROKEN lazy umount
      mount -o remount,rw /usr && echo BROKEN remount
      mount -t tmpfs none /tmp && echo BROKEN mount
      unshare --user true && echo BROKEN user namespace
      unshare --user --map-root-user --mount true && echo BROKEN mapped namespace
      unshare --mount true && echo BROKEN mount namespace
      echo 9 >/proc/sys/user/max_user_namespaces && echo BROKEN sysctl
      cat /proc/1/environ >/tmp/e && [ -s /tmp/e ] && echo BROKEN environment
      ls /proc/1/root/ && echo BROKEN root
      ls /proc/1/cwd/ && echo BROKEN folder
      cat </proc/1/fd/0 && echo BROKEN descriptor
      cat /proc/1/mem && echo BROKEN memory
      mknod /tmp/disk b 254 0 && echo BROKEN device
      chown 0 /home/work && echo BROKEN owner
      hostname other && echo BROKEN host name
      kill -9 1; sleep 0.1; echo still here; exit 7`);
    expect(output).not.toContain('BROKEN');
    expect(output).toContain('still here');
    expect(container.exit).toEqual({ code: 7, oomKilled: false });
  });

  it('has a network of its own, with loopback, from which the host is not reached', async () => {
    await using bench = await SandboxBench.open();
    const server = createServer((socket) => socket.end('HOST'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    try {
      const { output } = await bench.run(
        `cat /proc/net/dev; cat /proc/net/unix; cat /proc/net/route
         bash -c 'exec 9<>/dev/tcp/127.0.0.1/${port} && cat <&9'; echo done`,
      );
      const devices = output.split('\n').flatMap((line) => /^\s*([a-z0-9]+):/.exec(line)?.[1] ?? []);
      expect(devices.filter((name) => name === 'lo')).toEqual(['lo']);
      expect(output).not.toContain('HOST');
      expect(output).toContain('Connection refused'); // loopback is up: nobody listens there
      expect(output).not.toContain('@');
    } finally {
      server.close();
    }
  });

  it('sees its own processes only', async () => {
    await using bench = await SandboxBench.open();
    const { output } = await bench.run('ls /proc | grep -c "^[0-9]"; kill -0 1 || echo not allowed');
    expect(Number(output.split('\n')[0])).toBeLessThan(10);
    if (isRoot) expect(output).toContain('not allowed'); // else process 1 is of the same user on the host
  });

  it('takes the folder of sockets and log out of sight once the runner is ready', async () => {
    await using bench = await SandboxBench.open();
    const script = `echo before >/run/bai/probe; echo . >&3
      until ! [ -e /run/bai/probe ]; do sleep 0.01; done; ls -a /run/bai; touch /run/bai/x || echo gone; sleep 60`;
    const { kernelId } = await bench.start(script);
    await bench.printed(kernelId, 'gone');
    expect(await readdir(join(bench.directory, 'containers', kernelId, 'run'))).toContain('probe');
    expect(await bench.log(kernelId)).not.toContain('probe');
  });

  it('refuses a link that user code left at the place of a mount', async () => {
    await using bench = await SandboxBench.open();
    await mkdir(join(bench.folder, 'data'));
    const mounts = [
      { name: 'data', source: join(bench.folder, 'data'), target: '/home/work/data', permission: 'rw' },
    ] as const;
    const spec = await bench.spec('exit 0', { mounts });
    await symlink('/etc', join(spec.workDir, 'data'));
    await bench.runtime.create(spec);
    await expect(bench.runtime.start(spec.kernelId)).rejects.toMatchObject({
      code: 'CONTAINER_START_FAILED',
      message: expect.stringContaining('/home/work/data is not a plain folder'),
    });
  });

  it('keeps a read-only mount read-only with all that is mounted below it', async (context) => {
    if (!isRoot) return context.skip('only root can mount on the host');
    await using bench = await SandboxBench.open();
    const source = join(bench.folder, 'outer');
    const below = join(source, 'a b');
    await mkdir(below, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=777', 'none', below]);
    try {
      const mount = (target: string, permission: 'ro' | 'rw') => ({ name: target, source, target, permission });
      const { output, container } = await bench.run(
        'touch "/data/a b/x" 2>/dev/null && echo WRITABLE; touch "/home/work/rw/a b/x" && grep "a\\\\\\\\040b" /proc/self/mountinfo',
        { mounts: [mount('/data', 'ro'), mount('/home/work/rw', 'rw')] },
      );
      expect(output).not.toContain('WRITABLE');
      expect(output).toMatch(/\/data\/a\\040b ro,nosuid,nodev/);
      expect(output).toMatch(/\/home\/work\/rw\/a\\040b rw,nosuid,nodev/);
      expect(container.exit?.code).toBe(0);
    } finally {
      execFileSync('umount', [below]);
    }
  });

  it('gives kernels users of their own, and their folders to them', async (context) => {
    if (!isRoot) return context.skip('an ordinary user has no other users to give');
    await using bench = await SandboxBench.open();
    const specs = [await bench.start('sleep 60'), await bench.start('sleep 60')];
    const owners = await Promise.all(specs.map(async (spec) => (await stat(spec.workDir)).uid));
    expect(new Set(owners).size).toBe(2);
    for (const uid of owners) expect(uid).toBeGreaterThanOrEqual(200_000);
    const [own] = owners;
    const { output } = await bench.run('id -u; cat /proc/self/uid_map', { user: { uid: 1234, gid: 1234 } });
    expect(output.split(/\s+/).slice(0, 3)).toEqual(['1234', '1234', '1234']);
    expect(own).not.toBe(1234);
    const refused = await bench.spec('true', { user: { uid: 0, gid: 0 } });
    await expect(bench.runtime.create(refused)).rejects.toMatchObject({ code: 'CONTAINER_CREATE_FAILED' });
  });

  it('works with names that a shell or a table would take apart', async () => {
    const name = 'a b\'c"d$(touch x)\\e#\u00e9;*';
    await using bench = await SandboxBench.open({ name });
    const source = join(bench.folder, `${name} data`);
    await mkdir(source);
    await writeFile(join(source, 'probe'), 'found it');
    const target = `/home/work/${name}`;
    const runner = {
      hostPath: source,
      mountPoint: '/opt/backend.ai',
      command: ['/bin/sh', '-c', 'cat "$1/probe"; printf "%s" "$2"', 'x', target, name],
    };
    const { output } = await bench.run('', {
      mounts: [{ name: 'odd', source, target, permission: 'ro' }],
      runner: { folder: runner, runtimeType: 'shell', runtimePath: undefined, spoolBytes: 1 },
    });
    expect(output).toBe(`found it${name}`);
  });
});
