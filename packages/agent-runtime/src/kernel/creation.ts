import { AgentError, type CreatedKernel, type ServicePort } from '@bai/agent-api';
import type { Container, ImageInfo } from '@bai/container-runtime';
import { BaiError, DeadlineError, describeError, errorCode, withDeadline } from '@bai/core';
import { formatResourceText, type ResourceGrant } from '@bai/resources';
import { checkEnviron } from '../scratch.js';
import type { Kernel } from './kernel.js';

/**
 * The creation saga: slots, ports, image, scratch, container, runner, started. Each step leaves only what {@link tearDown} takes away
 * again by the kernel's id alone, so that a failure and a crash are undone by the same code.
 */
export async function bringUp(kernel: Kernel): Promise<CreatedKernel> {
  const { context, endSignal: signal } = kernel;
  const { failPoints } = context;
  const { spec } = kernel.record;
  checkEnviron(spec.environ);
  await kernel.commit({}, [{ type: 'kernel-preparing' }]);
  failPoints.reach('create.recorded');
  const grant = context.resources.allocate(kernel.id, spec.slots);
  failPoints.reach('create.slots');
  const hostPorts = await reservePorts(kernel);
  failPoints.reach('create.ports');
  const image = await findImage(kernel);
  failPoints.reach('create.image');
  signal.throwIfAborted();
  await kernel.commit({ state: 'creating', allocations: grant.allocations, hostPorts }, [{ type: 'kernel-creating' }]);
  await makeScratch(kernel, grant, image);
  failPoints.reach('create.scratch');
  const container = await makeContainer(kernel, grant, image, hostPorts);
  await kernel.commit({ containerId: container.containerId });
  failPoints.reach('create.container');
  signal.throwIfAborted();
  await startRunner(kernel);
  failPoints.reach('create.runner');
  const created = describeKernel(kernel, grant, container, hostPorts);
  await kernel.commit({ state: 'running', created }, [{ type: 'kernel-started', kernel: created }]);
  failPoints.reach('create.started');
  kernel.logger.info('kernel started', { image: image.canonical, containerId: container.containerId });
  return created;
}

async function reservePorts({ context, id, record }: Kernel): Promise<readonly number[]> {
  const count = record.spec.preopenPorts.length;
  if (count === 0 || !context.runtime.publishesPorts) return [];
  return await context.ports.allocate(id, count);
}

async function findImage(kernel: Kernel): Promise<ImageInfo> {
  const { runtime } = kernel.context;
  const { canonical, digest } = kernel.record.spec.image;
  const images = await runtime.images({ signal: kernel.endSignal });
  const image = images.find((candidate) => candidate.canonical === canonical);
  if (image === undefined) {
    const known = images.map((candidate) => candidate.canonical).join(', ') || 'none';
    throw new AgentError(
      'IMAGE_NOT_AVAILABLE',
      `image ${JSON.stringify(canonical)} is not here: the images of this node are ${known}`,
    );
  }
  if (digest !== '' && digest !== image.digest) {
    throw new AgentError(
      'IMAGE_NOT_AVAILABLE',
      `image ${canonical} is here as ${image.digest}, but ${digest} was asked for`,
    );
  }
  return image;
}

async function makeScratch(kernel: Kernel, grant: ResourceGrant, image: ImageInfo): Promise<void> {
  const { spec } = kernel.record;
  await kernel.context.scratch.create(spec, {
    environ: environOf(kernel, grant, image),
    resourceText: formatResourceText({ slots: spec.slots, allocations: grant.allocations, mounts: spec.mounts }),
  });
}

async function makeContainer(
  kernel: Kernel,
  grant: ResourceGrant,
  image: ImageInfo,
  hostPorts: readonly number[],
): Promise<Container> {
  const { context, record, id } = kernel;
  const { spec } = record;
  const labels = { ...image.labels, ...spec.image.labels };
  const scratch = context.scratch.of(id);
  const container = await context.runtime.create(
    {
      kernelId: id,
      image: image.canonical,
      hostname: spec.clusterHostname,
      labels: {
        'ai.backend.kernel-id': id,
        'ai.backend.session-id': record.sessionId,
        'ai.backend.owner': context.settings.agentId,
      },
      environ: environOf(kernel, grant, image),
      configDir: scratch.config,
      workDir: scratch.work,
      mounts: spec.mounts,
      runner: {
        folder: await context.runnerSource.provide({ signal: kernel.endSignal }),
        runtimeType: labels['ai.backend.runtime-type'] ?? 'app',
        runtimePath: labels['ai.backend.runtime-path'],
        spoolBytes: context.settings.spoolBytes,
      },
      limits: {
        cpus: grant.cpus,
        cpuset: grant.cpuset,
        memoryBytes: grant.memoryBytes,
        processes: context.settings.processLimit,
        shmemBytes: spec.shmemBytes,
      },
      user: undefined,
      ports: spec.preopenPorts
        .slice(0, hostPorts.length)
        .map((port, index) => ({ container: port, host: hostPorts[index] ?? 0 })),
    },
    { signal: kernel.endSignal },
  );
  kernel.containerMade(container);
  return container;
}

async function startRunner(kernel: Kernel): Promise<void> {
  const { context, id, endSignal } = kernel;
  const { startupTimeoutMs } = context.settings;
  await withDeadline(`start of kernel ${id}`, startupTimeoutMs, endSignal, async (signal) => {
    kernel.containerMade(await context.runtime.start(id, { signal }));
    const io = await kernel.connect(signal);
    await io.ready({ timeoutMs: startupTimeoutMs, signal });
  });
}

/** The manager's variables win over the agent's. @see spec/03 §3.6 */
function environOf({ record, id }: Kernel, grant: ResourceGrant, image: ImageInfo): Record<string, string> {
  const labels = { ...image.labels, ...record.spec.image.labels };
  const names = (labels['ai.backend.envs.corecount'] ?? '').split(',').map((name) => name.trim());
  const cores = names.filter((name) => name !== '').map((name) => [name, String(Math.max(1, Math.ceil(grant.cpus)))]);
  return {
    ...Object.fromEntries(cores),
    BACKENDAI_KERNEL_ID: id,
    BACKENDAI_SESSION_ID: record.sessionId,
    BACKENDAI_CLUSTER_HOST: record.spec.clusterHostname,
    ...record.spec.environ,
  };
}

function describeKernel(
  kernel: Kernel,
  grant: ResourceGrant,
  container: Container,
  hostPorts: readonly number[],
): CreatedKernel {
  const { spec, sessionId } = kernel.record;
  const servicePorts: ServicePort[] = hostPorts.map((host, index) => {
    const port = spec.preopenPorts[index] ?? 0;
    return { name: String(port), protocol: 'preopen', containerPorts: [port], hostPorts: [host], isInference: false };
  });
  return {
    kernelId: kernel.id,
    sessionId,
    containerId: container.containerId,
    kernelHost: kernel.context.settings.kernelHost,
    replInPort: 0,
    replOutPort: 0,
    servicePorts,
    allocations: grant.allocations,
    attachedDevices: grant.attachedDevices,
    scalingGroup: spec.scalingGroup,
    agentAddress: spec.agentAddress,
  };
}

/** Says why a creation failed in the words of the domain, with the end of the container's log where that may tell. */
export async function startupError(kernel: Kernel, cause: unknown): Promise<AgentError> {
  if (cause instanceof AgentError && cause.code !== 'KERNEL_STARTUP_FAILED') return cause;
  const what = `kernel ${kernel.id} could not be started: ${describeError(cause)}`;
  const options = { cause, details: cause instanceof BaiError ? cause.details : {} };
  if (errorCode(cause) === 'IMAGE_NOT_FOUND') return new AgentError('IMAGE_NOT_AVAILABLE', what, options);
  if (kernel.record.containerId === null) return new AgentError('CONTAINER_CREATION_FAILED', what, options);
  const code = cause instanceof DeadlineError ? 'KERNEL_STARTUP_TIMEOUT' : 'KERNEL_STARTUP_FAILED';
  return new AgentError(code, what + (await lastOutput(kernel)), options);
}

async function lastOutput(kernel: Kernel): Promise<string> {
  try {
    const tail = await kernel.context.runtime.logs(kernel.id, { maxBytes: 2000 });
    const text = Buffer.from(tail).toString('utf8').trim();
    return text === '' ? '' : `\nIts last output was:\n${text}`;
  } catch {
    return ''; // there may be no container to ask any more, which the cause already tells
  }
}
