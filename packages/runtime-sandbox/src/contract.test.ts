import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostFolderRunnerSource } from '@bai/container-runtime';
import { describeContainerRuntime, scriptedRunner, scriptedRunnerBundle } from '@bai/container-runtime/testing';
import { afterAll } from 'vitest';
import { SandboxRuntime } from './sandbox-runtime.js';
import { sandboxTraces } from './testing/sandbox-traces.js';
import { whyUnavailable } from './testing/why-unavailable.js';

// As root, kernels are other users: the folders that the suite shares with them must be as open as it makes them.
process.umask(0);

const unavailable = await whyUnavailable();
const delivered = await mkdtemp(join(tmpdir(), 'bai-sandbox-runner-'));
const runner = await new HostFolderRunnerSource({ bundle: scriptedRunnerBundle, directory: delivered }).provide();
afterAll(() => rm(delivered, { recursive: true }));

describeContainerRuntime(
  `sandbox as user ${process.geteuid?.()}`,
  async () => {
    const directory = await mkdtemp(join(tmpdir(), 'bai-sandbox-'));
    return {
      open: () => SandboxRuntime.open({ directory }),
      image: 'host/nodejs',
      program: (behaviour) => scriptedRunner(runner, behaviour),
      traces: async (kernelId) => sandboxTraces(directory, kernelId),
      [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
    };
  },
  { unavailable },
);
