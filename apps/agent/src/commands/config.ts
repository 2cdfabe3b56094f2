import {
  configJsonSchema,
  configReference,
  effectiveConfig,
  formatOrigin,
  formatProblem,
  keysWithoutEffect,
  type LoadOptions,
  loadConfig,
  showConfig,
} from '@bai/config';
import type { CommandContext } from '../cli/context.js';
import { EXIT } from '../cli/endings.js';

/** `bai-agent config schema`: JSON Schema, or the reference page. */
export async function configSchema(
  { markdown }: { readonly markdown: boolean },
  { printer }: CommandContext,
): Promise<number> {
  await printer.out(markdown ? configReference() : `${JSON.stringify(configJsonSchema(), undefined, 2)}\n`);
  return EXIT.ok;
}

/** `bai-agent config show`: every value with where it came from. */
export async function configShow(options: LoadOptions, { printer }: CommandContext): Promise<number> {
  const loaded = loadConfig(options);
  const keys = effectiveConfig(loaded).map(({ key, value, origin }) => [key, { value, origin: formatOrigin(origin) }]);
  await printer.value({ file: loaded.file ?? null, keys: Object.fromEntries(keys) });
  await printer.line(`# ${loaded.file ?? 'no configuration file'}`);
  if (!printer.json) await printer.out(showConfig(loaded));
  return EXIT.ok;
}

/** `bai-agent config check`: every mistake at once. Mistakes themselves are thrown by the loader. */
export async function configCheck(options: LoadOptions, { printer }: CommandContext): Promise<number> {
  const loaded = loadConfig(options);
  const warnings = loaded.warnings.map(formatProblem);
  const withoutEffect = keysWithoutEffect(loaded);
  await printer.value({ file: loaded.file ?? null, warnings, withoutEffect });
  for (const warning of warnings) await printer.line(`warning: ${warning}`);
  if (withoutEffect.length > 0)
    await printer.line(`accepted, but without effect in this version: ${withoutEffect.join(', ')}`);
  await printer.line(
    loaded.file === undefined ? 'no configuration file: defaults are in use' : `${loaded.file} is correct`,
  );
  return EXIT.ok;
}
