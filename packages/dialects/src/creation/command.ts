import { type CreateKernelsCommand, InvalidArgumentError, type KernelSpec } from '@bai/agent-api';
import type { KernelId, SessionId } from '@bai/core';
import { kernelId } from '../arguments.js';
import type { WireMap, WireValue } from '../wire-value.js';

/** What of a `create_kernels` call differs between the generations. */
export interface CreationReader {
  toKernel(kernelId: KernelId, config: WireValue, field: string): KernelSpec;
  toCluster(info: WireMap): CreateKernelsCommand['cluster'];
}

export interface CreationArguments {
  readonly creationId: string | null;
  readonly sessionId: SessionId;
  readonly kernelIds: readonly WireValue[];
  readonly configs: readonly WireValue[];
  readonly clusterInfo: WireMap;
}

/** @throws {InvalidArgumentError} naming the wrong field and value. */
export function toCreateCommand(call: CreationArguments, reader: CreationReader): CreateKernelsCommand {
  if (call.kernelIds.length !== call.configs.length) {
    const problem = `must have one entry per kernel id: ${call.kernelIds.length} ids, ${call.configs.length} configs`;
    throw new InvalidArgumentError('raw_configs', problem);
  }
  if (call.kernelIds.length === 0) throw new InvalidArgumentError('raw_kernel_ids', 'must name at least one kernel');
  return {
    creationId: call.creationId,
    sessionId: call.sessionId,
    kernels: call.kernelIds.map((id, index) =>
      reader.toKernel(
        kernelId.parse(id, `raw_kernel_ids[${index}]`),
        call.configs[index] ?? null,
        `raw_configs[${index}]`,
      ),
    ),
    cluster: reader.toCluster(call.clusterInfo),
  };
}
