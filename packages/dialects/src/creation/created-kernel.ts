import type { AttachedDevice, CreatedKernel, ServicePort } from '@bai/agent-api';
import type { Generation } from '../methods/method.js';

/**
 * One entry of the answer to `create_kernels`. All values are plain; an unknown host port is 0, since managers want integers.
 * @see spec/02 §4.5
 */
export function fromCreatedKernel(kernel: CreatedKernel, generation: Generation): object {
  return {
    id: kernel.kernelId,
    kernel_host: kernel.kernelHost,
    repl_in_port: kernel.replInPort,
    repl_out_port: kernel.replOutPort,
    stdin_port: 0,
    stdout_port: 0,
    service_ports: kernel.servicePorts.map((port) => fromServicePort(port, generation)),
    container_id: kernel.containerId,
    resource_spec: { allocations: kernel.allocations },
    attached_devices: mapValues(kernel.attachedDevices, (devices) => devices.map(fromAttachedDevice)),
    ...(generation === 'G3' ? { agent_addr: kernel.agentAddress, scaling_group: kernel.scalingGroup } : {}),
  };
}

function fromServicePort(port: ServicePort, generation: Generation): object {
  return {
    name: port.name,
    protocol: port.protocol,
    container_ports: port.containerPorts,
    host_ports: port.hostPorts.map((hostPort) => hostPort ?? 0),
    ...(generation === 'G3' ? { is_inference: port.isInference } : {}),
  };
}

const fromAttachedDevice = (device: AttachedDevice): object => ({
  device_id: device.deviceId,
  model_name: device.modelName,
  data: device.data,
});

export function mapValues<T, U>(record: Readonly<Record<string, T>>, convert: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, convert(value)]));
}
