import { z } from 'zod';
import { configSchema } from './schema/config.js';

/** JSON Schema of `agent.toml`, for editors and checkers. It knows the canonical names only. */
export function configJsonSchema(): Record<string, unknown> {
  const { $schema, ...schema } = z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' });
  return { $schema, title: 'Configuration of bai-agent', ...schema };
}
