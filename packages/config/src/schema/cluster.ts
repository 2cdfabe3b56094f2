import { z } from 'zod';
import { inert, key } from '../key.js';
import { count, flag, hostPort, oneOf, optionalFile, port, seconds, size, text } from '../values.js';
import { LEVELS } from './logging.js';

const addresses = z
  .union([hostPort(), z.array(hostPort()).min(1)], {
    error: 'must be an address such as "127.0.0.1:2379", or a list of them',
  })
  .meta({ syntax: 'address, or list of addresses' });

/** `[etcd]` */
export const etcdSection = z
  .strictObject({
    namespace: inert(text(), { upstream: 'G2', description: 'Prefix of the cluster in etcd.' }),
    addr: inert(addresses, {
      upstream: 'G2',
      description: 'Address of etcd, or a list of them.',
    }),
    user: inert(text(), { upstream: 'G2', description: 'User of etcd.' }),
    password: inert(text(), { upstream: 'G2', secret: true, description: 'Password of etcd.' }),
  })
  .optional();

/** `[watcher]`: read by the watcher, a program of its own, out of the same file. */
export const watcherSection = z
  .strictObject({
    'service-addr': inert(hostPort({ blank: true }), { upstream: 'G2', description: 'Where the watcher listens.' }),
    'target-service': inert(text(), { upstream: 'G2', description: 'Unit of the agent.' }),
    'soft-reset-available': inert(flag(), { upstream: 'G2', description: 'Offer a reload of the agent.' }),
    'ssl-enabled': inert(flag(), { upstream: 'G2', description: 'Serve with TLS.' }),
    'ssl-cert': inert(optionalFile(), { upstream: 'G2', description: 'Certificate.' }),
    'ssl-key': inert(optionalFile(), { upstream: 'G2', aliases: ['ssl-privkey'], description: 'Private key.' }),
  })
  .optional();

/** `[api]` */
export const apiSection = z
  .strictObject({
    'pull-timeout': inert(seconds(), { upstream: 'G3', unit: 'seconds', description: 'Longest pull of an image.' }),
    'commit-timeout': inert(seconds(), { upstream: 'G3', unit: 'seconds', description: 'Longest commit of an image.' }),
    'push-timeout': inert(seconds(), { upstream: 'G3', unit: 'seconds', description: 'Longest push of an image.' }),
  })
  .optional();

/** `[container-logs]` */
export const containerLogsSection = z
  .strictObject({
    driver: inert(oneOf('local', 'json-file'), { upstream: 'G3', description: 'Log driver of Docker.' }),
    'max-length': inert(size(), { upstream: 'G3', unit: 'bytes', description: 'Longest log of a container.' }),
    'chunk-size': inert(size(), { upstream: 'G3', unit: 'bytes', description: 'Size of one piece of a log.' }),
  })
  .optional();

/** `[kernel-lifecycles]` */
export const kernelLifecyclesSection = z
  .strictObject({
    'init-timeout-sec': key(seconds(1), 60, {
      upstream: 'G3',
      unit: 'seconds',
      description: 'How long the runner of a new kernel may take to answer.',
    }),
    'stop-grace-sec': key(seconds(), 10, {
      unit: 'seconds',
      description: 'How long a kernel may take to end by itself before it is killed.',
    }),
    'init-polling-attempt': inert(count(0), { upstream: 'G3', description: 'This agent waits without polling.' }),
    'init-polling-timeout-sec': inert(seconds(), {
      upstream: 'G3',
      unit: 'seconds',
      description: 'This agent waits without polling.',
    }),
  })
  .prefault({});

/** `[pyroscope]` */
export const pyroscopeSection = z
  .strictObject({
    enabled: inert(flag(), { upstream: 'G3', description: 'Send profiles of the Python agent.' }),
    'app-name': inert(text(), { upstream: 'G3', description: 'Name in profiles.' }),
    'server-addr': inert(text(), { upstream: 'G3', description: 'Address of the server.' }),
    'sample-rate': inert(count(1), { upstream: 'G3', description: 'Samples per second.' }),
  })
  .optional();

/** `[otel]` */
export const otelSection = z
  .strictObject({
    enabled: inert(flag(), { upstream: 'G3', description: 'Send logs and traces by OpenTelemetry.' }),
    'log-level': inert(oneOf(...LEVELS), { upstream: 'G3', description: 'Least level of lines that are sent.' }),
    endpoint: inert(text(), { upstream: 'G3', description: 'Address of the collector.' }),
    'max-queue-size': inert(count(1), { upstream: 'G3', description: 'Most records that wait.' }),
    'max-export-batch-size': inert(count(1), { upstream: 'G3', description: 'Most records that are sent at once.' }),
  })
  .optional();

const endpoint = z.strictObject({
  role: inert(text(), { upstream: 'G3', description: 'What the endpoint is for.' }),
  scope: inert(text(), { upstream: 'G3', description: 'Who can reach it.' }),
  address: inert(text(), { upstream: 'G3', description: 'Its host.' }),
  port: inert(port(), { upstream: 'G3', description: 'Its port.' }),
  protocol: inert(text(), { upstream: 'G3', description: 'Its protocol.' }),
  metadata: inert(z.record(z.string(), z.unknown()), { upstream: 'G3', description: 'Free words about it.' }),
});

/** `[service-discovery]` */
export const serviceDiscoverySection = z
  .strictObject({
    type: inert(oneOf('redis', 'etcd'), { upstream: 'G3', description: 'Where services are published.' }),
    'instance-id': inert(text(), { upstream: 'G3', description: 'Name of this instance.' }),
    'service-group': inert(text(), { upstream: 'G3', description: 'Group of this service.' }),
    'display-name': inert(text(), { upstream: 'G3', description: 'Name for people.' }),
    'extra-labels': inert(z.record(z.string(), z.unknown()), { upstream: 'G3', description: 'Free labels.' }),
    endpoints: inert(z.array(endpoint), { upstream: 'G3', description: 'Endpoints of this agent.' }),
  })
  .optional();

/** Sections of older Kubernetes set-ups, whose keys are not looked at. */
export const freeSection = (description: string, upstream: 'G2' | 'G3') =>
  inert(z.record(z.string(), z.unknown()), { upstream, description });
