import type { KernelId } from '@bai/core';
import { parseKernelId } from '@bai/core';
import { CGROUP_CONTROLLERS } from '@bai/linux';
import { z } from 'zod';

const enforcement = z.enum(['enforced', 'advisory', 'absent']);
const maybeNumber = z.number().nullable();

/** What the runtime writes down of a container when it is created. It never changes. */
const schema = z.object({
  version: z.literal(1),
  kernelId: z.string().transform((text): KernelId => parseKernelId(text)),
  containerId: z.string(),
  image: z.string(),
  labels: z.record(z.string(), z.string()),
  hostname: z.string(),
  workDir: z.string(),
  /** User on the host that the kernel's processes are, or null for the agent's own. */
  user: z.object({ uid: z.number(), gid: z.number() }).nullable(),
  /** User as the kernel sees itself. */
  insideUser: z.object({ uid: z.number(), gid: z.number() }),
  limits: z.object({
    cpus: maybeNumber,
    cpuset: z.string().nullable(),
    memoryBytes: maybeNumber,
    processes: maybeNumber,
  }),
  enforcement: z.object({ cpu: enforcement, memory: enforcement, processes: enforcement, scratch: enforcement }),
  /** The control group, which is made at the start. Empty where there is none. */
  cgroup: z.array(
    z.object({
      version: z.union([z.literal(1), z.literal(2)]),
      directory: z.string(),
      controllers: z.array(z.enum(CGROUP_CONTROLLERS)),
    }),
  ),
  /** The runner's command line inside. */
  command: z.array(z.string()),
  /** `PATH` and `SHELL` of the runner. */
  path: z.string(),
  shell: z.string(),
  /** Arguments of `prlimit`, as words. */
  resourceLimits: z.string(),
  mountCount: z.number(),
});

export type BookRecord = z.infer<typeof schema>;

/** @throws when the text isn't a record */
export const parseBookRecord = (text: string): BookRecord => schema.parse(JSON.parse(text));
