import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { configJsonSchema } from './json-schema.js';
import { loadConfig } from './load.js';
import { configReference } from './reference.js';
import { configSchema } from './schema/config.js';
import { leaves } from './schema-tree.js';
import { keysWithoutEffect, showConfig } from './show.js';
import { BINDINGS } from './sources/bindings.js';

const PLACE = { env: {}, cwd: '/nowhere', home: '/nowhere' };

describe('the schema', () => {
  it('describes every key', () => {
    expect(leaves.filter(({ meta }) => meta.description === '' || meta.since === undefined)).toEqual([]);
    expect(leaves.length).toBeGreaterThan(100);
  });

  it('takes its own defaults', () => {
    const config = configSchema.parse({});
    expect(config.agent['rpc-listen-addr']).toEqual({ host: '127.0.0.1', port: 6001 });
  });

  it('binds variables and options to keys that exist', () => {
    const known = new Set(leaves.map(({ path }) => path.join('.')));
    const unknown = BINDINGS.filter(
      ({ key }) => !known.has(key.replace(/\.(host|port)$/, '')) && key !== 'logging.file',
    );
    expect(unknown).toEqual([]);
  });
});

describe('docs/configuration.md', () => {
  it('is what the schema says: write it anew with bai-agent config schema --markdown', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/configuration.md'), 'utf8');
    expect(page).toBe(configReference());
  });
});

describe('configJsonSchema', () => {
  it('is plain JSON with descriptions and defaults, and closed tables', () => {
    const schema: unknown = JSON.parse(JSON.stringify(configJsonSchema()));
    expect(schema).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      properties: {
        agent: {
          additionalProperties: false,
          properties: {
            'kernel-creation-concurrency': { default: 4, minimum: 1, maximum: 32, description: expect.any(String) },
          },
        },
      },
    });
  });
});

describe('showConfig', () => {
  const loaded = loadConfig({
    ...PLACE,
    set: ['etcd.password=geheim', 'plugins.a.b=1', 'logging.pkg-ns."ai.backend"=DEBUG', 'agent.region=de "x"'],
  });

  it('is TOML that means the same', () => {
    const table: unknown = parse(showConfig(loaded));
    expect(table).toMatchObject({
      plugins: { a: { b: 1 } },
      agent: { 'rpc-listen-addr': '127.0.0.1:6001', region: 'de "x"' },
      logging: { 'pkg-ns': { 'ai.backend': 'DEBUG' } },
      container: { 'port-range': [30_000, 31_000] },
    });
    const again = configSchema.parse(table);
    expect(again).toEqual({ ...loaded.config, etcd: { password: '***' } });
  });

  it('tells origins, and no secrets', () => {
    expect(showConfig(loaded)).toContain('on-stop = "auto"  # default');
    expect(showConfig(loaded)).toContain('password = "***"  # --set etcd.password');
    expect(showConfig(loaded)).not.toContain('geheim');
  });

  it('names keys that do nothing', () => {
    expect(keysWithoutEffect(loaded)).toEqual(['agent.region', 'logging.pkg-ns', 'etcd.password', 'plugins']);
  });
});
