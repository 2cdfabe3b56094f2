import { z } from 'zod';
import { inert } from '../key.js';
import { agentSection } from './agent.js';
import {
  apiSection,
  containerLogsSection,
  etcdSection,
  freeSection,
  kernelLifecyclesSection,
  otelSection,
  pyroscopeSection,
  serviceDiscoverySection,
  watcherSection,
} from './cluster.js';
import { containerSection } from './container.js';
import { debugSection } from './debug.js';
import { loggingSection } from './logging.js';
import { resourceSection } from './resource.js';

/**
 * Everything that `agent.toml` may hold: our own keys and those of the Backend.AI agents from 20.09 to 26.8, so that their files are
 * read as they are. Types, defaults, messages, the reference page and the JSON Schema come from here. @see spec/06 §1.5
 */
export const configSchema = z.strictObject({
  agent: agentSection,
  container: containerSection,
  resource: resourceSection,
  'kernel-lifecycles': kernelLifecyclesSection,
  logging: loggingSection,
  debug: debugSection,
  etcd: etcdSection,
  api: apiSection,
  'container-logs': containerLogsSection,
  'service-discovery': serviceDiscoverySection,
  otel: otelSection,
  pyroscope: pyroscopeSection,
  watcher: watcherSection,
  agents: inert(z.array(z.record(z.string(), z.unknown())), {
    upstream: 'G3',
    description: 'Several agents in one process. This version runs one: start it once per agent.',
  }),
  plugins: freeSection('Settings of plug-ins.', 'G3'),
  license: freeSection('Settings of the licence server.', 'G2'),
  registry: freeSection('Image registry of the Kubernetes backend.', 'G2'),
  baistatic: freeSection('Storage of the Kubernetes backend.', 'G2'),
  'vfolder-pv': freeSection('Volumes of the Kubernetes backend.', 'G2'),
});

/** The configuration after validation: defaults filled in, values in the types that the schema gives them. */
export type ParsedConfig = z.output<typeof configSchema>;
