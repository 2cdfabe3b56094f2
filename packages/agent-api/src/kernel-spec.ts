import type { KernelId, SessionId } from '@bai/core';

/** An image as the manager describes it. @see spec/02 §3.1 */
export interface ImageSpec {
  /** `registry[/project]/name:tag`; for the sandbox `host/python`, `host/nodejs` or `host/shell`. */
  readonly canonical: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Expected local image id (`sha256:…`); empty when the caller doesn't care. */
  readonly digest: string;
  readonly project: string | null;
  readonly architecture: string | null;
  /** Never pulled, and run by its short name. */
  readonly isLocal: boolean;
  readonly autoPull: 'digest' | 'tag' | 'none';
  readonly registry: {
    readonly name: string;
    readonly url: string;
    readonly username: string | null;
    readonly password: string | null;
  };
}

/** `wd` is mounted like `rw`. @see spec/02 §3.3 */
export type MountPermission = 'ro' | 'rw' | 'wd';

/** A folder of the host that a kernel sees. */
export interface MountSpec {
  readonly name: string;
  /** Absolute path on the host. */
  readonly source: string;
  /** Absolute path in the kernel. */
  readonly target: string;
  readonly permission: MountPermission;
}

export type SessionType = 'interactive' | 'batch' | 'inference' | 'system';

/** A file that the manager wants in the kernel's home. @see spec/02 §4.3.3 */
export interface DotfileSpec {
  readonly path: string;
  readonly data: string;
  /** Octal text, for example `644`. */
  readonly mode: string;
}

export interface SshKeyPair {
  readonly publicKey: string;
  readonly privateKey: string;
}

/** What one kernel is to be. @see spec/02 §4.3.1 */
export interface KernelSpec {
  readonly kernelId: KernelId;
  readonly image: ImageSpec;
  readonly sessionType: SessionType;
  readonly clusterRole: string;
  readonly clusterIndex: number;
  readonly clusterHostname: string;
  /** Requested amount per slot, as exact decimal text: `{"cpu":"1","mem":"1073741824"}`. @see spec/02 §3.4 */
  readonly slots: Readonly<Record<string, string>>;
  /** Bytes of shared memory, or undefined for the runtime's default. */
  readonly shmemBytes: number | undefined;
  readonly environ: Readonly<Record<string, string>>;
  readonly mounts: readonly MountSpec[];
  readonly bootstrapScript: string | null;
  readonly startupCommand: string | null;
  readonly preopenPorts: readonly number[];
  readonly dotfiles: readonly DotfileSpec[];
  readonly sshKeyPair: SshKeyPair | null;
  readonly blockServicePorts: boolean;
  /** Echoed in the result. */
  readonly scalingGroup: string | null;
  /** Echoed in the result. */
  readonly agentAddress: string | null;
}

/** The session that a kernel belongs to, as far as the agent needs it. @see spec/02 §4.4 */
export interface ClusterSpec {
  readonly mode: 'single-node' | 'multi-node';
  readonly size: number;
  readonly replicas: Readonly<Record<string, number>>;
  readonly networkName: string | null;
  readonly sshKeyPair: SshKeyPair | null;
}

export interface CreateKernelsCommand {
  /** Token that G2 managers want echoed in the events of this batch; null in other generations. */
  readonly creationId: string | null;
  readonly sessionId: SessionId;
  readonly kernels: readonly KernelSpec[];
  readonly cluster: ClusterSpec;
}

/** A network service of a kernel. @see spec/02 §4.3.4 */
export interface ServicePort {
  readonly name: string;
  readonly protocol: string;
  readonly containerPorts: readonly number[];
  readonly hostPorts: readonly (number | null)[];
  readonly isInference: boolean;
}

/** Device name to slot name to device id to amount (exact decimal text). */
export type Allocations = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;

export interface AttachedDevice {
  readonly deviceId: string;
  readonly modelName: string;
  readonly data: Readonly<Record<string, string | number>>;
}

/** What a manager is told of a created kernel. @see spec/02 §4.5, spec/09 §2.4 */
export interface CreatedKernel {
  readonly kernelId: KernelId;
  readonly sessionId: SessionId;
  readonly containerId: string;
  readonly kernelHost: string;
  /** 0 where the runner listens on UNIX sockets, as in the sandbox. */
  readonly replInPort: number;
  readonly replOutPort: number;
  readonly servicePorts: readonly ServicePort[];
  readonly allocations: Allocations;
  readonly attachedDevices: Readonly<Record<string, readonly AttachedDevice[]>>;
  readonly scalingGroup: string | null;
  readonly agentAddress: string | null;
}
