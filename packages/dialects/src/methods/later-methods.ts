import type { Generation, Method } from './method.js';

const BOTH: readonly Generation[] = ['G2', 'G3'];
const ONLY_G2: readonly Generation[] = ['G2'];
const ONLY_G3: readonly Generation[] = ['G3'];

/** Methods that managers know and that this version answers with `NotImplementedError`. @see spec/02 §1, spec/09 §2.2 */
const NAMES: readonly (readonly [string, readonly Generation[]])[] = [
  ['health', ONLY_G3],
  ['health_v2', ONLY_G3],
  ['gather_hwinfo', BOTH],
  ['gather_hwinfo_v2', ONLY_G3],
  ['ping_kernel', BOTH],
  ['check_pulling', ONLY_G3],
  ['check_creating', ONLY_G3],
  ['sync_kernel_registry', ONLY_G3],
  ['check_and_pull', ONLY_G3],
  ['restart_kernel', BOTH],
  ['execute_batch', ONLY_G2],
  ['trigger_batch_execution', ONLY_G3],
  ['start_service', BOTH],
  ['shutdown_service', BOTH],
  ['get_commit_status', ONLY_G3],
  ['commit', ONLY_G3],
  ['push_image', ONLY_G3],
  ['purge_images', ONLY_G3],
  ['get_local_config', ONLY_G3],
  ['download_single', ONLY_G3],
  ['create_local_network', BOTH],
  ['destroy_local_network', BOTH],
  ['create_overlay_network', ONLY_G2],
  ['destroy_overlay_network', ONLY_G2],
  ['assign_port', ONLY_G3],
  ['release_port', ONLY_G3],
  ['scan_gpu_alloc_map', ONLY_G3],
  ['shutdown_agent', BOTH],
  ['reset_agent', BOTH],
  ['clean_all_kernels', ONLY_G2],
  ['update_scaling_group', ONLY_G3],
];

export const laterMethods: readonly Method[] = NAMES.map(([name, generations]) => ({
  name,
  summary: '',
  ...(generations.includes('G2') ? { G2: 'later' as const } : {}),
  ...(generations.includes('G3') ? { G3: 'later' as const } : {}),
}));
