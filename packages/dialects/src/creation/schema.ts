import { InvalidArgumentError } from '@bai/agent-api';
import { z } from 'zod';
import { describeValue } from '../arguments.js';

const text = z.string();
const optionalText = text.nullish();
const optionalFlag = z.boolean().nullish();
const port = z.int().min(1).max(65535);

/** Exact decimal text, as managers send it; whole numbers are accepted from other callers. @see spec/02 §3.4 */
const slotAmount = z
  .union([z.string(), z.int(), z.bigint()])
  .transform(String)
  .pipe(text.regex(/^(\d+(\.\d+)?|Infinity)$/, 'must be a decimal number that is not negative, without a unit'));

/** Bytes, as a number or as digits. */
const byteCount = z
  .union([z.string().regex(/^\d{1,15}$/, 'must be a number of bytes'), z.int().min(0)])
  .transform(Number);

const autoPull = z.enum(['digest', 'tag', 'none']).nullish();

const sshKeyPair = z.object({ public_key: text, private_key: text });

export const imageSchema = z.object({
  canonical: text.min(1),
  digest: optionalText,
  labels: z.record(text, text).nullish(),
  project: optionalText,
  architecture: optionalText,
  is_local: optionalFlag,
  auto_pull: autoPull,
  registry: z.object({ name: text, url: text, username: optionalText, password: optionalText }).nullish(),
});

const internalDataSchema = z.object({
  dotfiles: z
    .array(z.object({ path: text, data: text, perm: text.regex(/^[0-7]{3,4}$/, 'must be octal digits').nullish() }))
    .nullish(),
  ssh_keypair: sshKeyPair.nullish(),
  prevent_vfolder_mounts: optionalFlag,
  block_service_ports: optionalFlag,
});

/** The fields of a kernel creation config that both generations have. Others are ignored. @see spec/02 §4.3.1 */
export const configSchema = z.object({
  image: imageSchema,
  session_type: z.enum(['interactive', 'batch', 'inference', 'system']).nullish(),
  cluster_role: optionalText,
  cluster_idx: z.int().min(0).nullish(),
  cluster_hostname: optionalText,
  resource_slots: z.record(text, slotAmount),
  resource_opts: z.object({ shmem: byteCount.nullish() }).nullish(),
  environ: z.record(text, text).nullish(),
  bootstrap_script: optionalText,
  startup_command: optionalText,
  internal_data: internalDataSchema.nullish(),
  auto_pull: autoPull,
  preopen_ports: z.array(port).nullish(),
  scaling_group: optionalText,
  agent_addr: optionalText,
});

/** The fields of `cluster_info` that both generations have. @see spec/02 §4.4 */
export const clusterSchema = z.object({
  mode: z.enum(['single-node', 'multi-node']).nullish(),
  size: z.int().min(1).nullish(),
  replicas: z.record(text, z.int().min(0)).nullish(),
  ssh_keypair: sshKeyPair.nullish(),
});

export const mountPermission = z.enum(['ro', 'rw', 'wd']);

/** An absolute path without `..`, so that it stays where it says. */
export const absolutePath = text.refine(
  (path) => path.startsWith('/') && !path.split('/').includes('..') && !path.includes('\0'),
  { error: "must be an absolute path without '..'" },
);

export type Config = z.output<typeof configSchema>;
export type Cluster = z.output<typeof clusterSchema>;

const SECRET = /password|private_key|environ|data$/;

/** Parses with a schema. @throws {InvalidArgumentError} naming the first wrong field and its value. */
export function parseField<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = issue?.path ?? [];
  const name = path.reduce<string>(
    (at, key) => (typeof key === 'number' ? `${at}[${key}]` : `${at}.${String(key)}`),
    field,
  );
  const wrong = path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? Reflect.get(at, key) : undefined),
    value,
  );
  const shown = SECRET.test(name) ? typeof wrong : describeValue(wrong);
  throw new InvalidArgumentError(name, `${issue?.message ?? 'is wrong'}, got ${shown}`);
}
