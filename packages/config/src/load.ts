import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { relative } from 'node:path';
import { describeError } from '@bai/core';
import { parse, TomlError } from 'smol-toml';
import type { z } from 'zod';
import { canonicalTable, type RawTable } from './canonical.js';
import { ConfigError, invalidConfig } from './errors.js';
import type { Origin, Problem } from './problems.js';
import { configSchema, type ParsedConfig } from './schema/config.js';
import { leaves } from './schema-tree.js';
import { type AgentFileSettings, toSettings } from './settings.js';
import { assign, fromEnvironment, fromFlags, fromSet, unknownKey } from './sources/assignments.js';
import { findConfigFile } from './sources/find-file.js';
import { keyPositions, pathKey } from './toml-positions.js';

export interface LoadOptions {
  /** Value of `-f`: then only this file is looked at. */
  readonly path?: string | undefined;
  /** `KEY=VALUE`, as given to `--set`. */
  readonly set?: readonly string[] | undefined;
  /** Options of the command line by name, as text. @see BINDINGS */
  readonly flags?: Readonly<Record<string, string>> | undefined;
  /** Same as `logging.level=DEBUG` and `debug.enabled=true`. */
  readonly debug?: boolean | undefined;
  readonly logLevel?: string | undefined;
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cwd?: string | undefined;
  readonly home?: string | undefined;
}

export interface LoadedConfig {
  /** Absolute path of the file that was read, or undefined. */
  readonly file: string | undefined;
  /** What the sources said, under canonical names. */
  readonly raw: RawTable;
  /** Everything, with defaults. */
  readonly config: ParsedConfig;
  /** What the agent needs of it. */
  readonly settings: AgentFileSettings;
  /** Worth telling, but no reason to stop. */
  readonly warnings: readonly Problem[];
  /** Where the value of a key came from. */
  originOf(path: readonly (string | number)[]): Origin;
}

/** Without a file, the agent serves one machine and may use all of it. */
const STAND_ALONE: RawTable = { resource: { 'reserved-cpu': 0, 'reserved-mem': 0 } };

/**
 * Reads the configuration: command line over environment over file over defaults.
 * @throws {ConfigError} with every problem at once
 * @see spec/06 §1
 */
export function loadConfig(options: LoadOptions = {}): LoadedConfig {
  const env = options.env ?? process.env;
  const cwd = options.cwd ?? process.cwd();
  const home = options.home ?? homedir();
  const file = findConfigFile({ path: options.path, env, cwd, home });
  const reading = new Reading();
  if (file === undefined) reading.raw = structuredClone(STAND_ALONE);
  else reading.readFile(file, shownPath(file, cwd));
  reading.assignAll(options, env);
  const parsed = configSchema.safeParse(reading.raw);
  reading.finish(parsed.error);
  if (!parsed.success) throw invalidConfig(reading.problems);
  return {
    file,
    raw: reading.raw,
    config: parsed.data,
    settings: toSettings(parsed.data, { env, cwd, home, isRoot: process.getuid?.() === 0 }),
    warnings: [...reading.warnings, ...idleDrivers(parsed.data, reading)],
    originOf: (path) => reading.exactOriginOf(path),
  };
}

/** Short where it is below the working directory. */
function shownPath(file: string, cwd: string): string {
  const below = relative(cwd, file);
  return below.startsWith('..') ? file : below;
}

/** One reading of all sources: what they said, and what is wrong with it. */
class Reading {
  raw: RawTable = {};
  readonly problems: Problem[] = [];
  readonly warnings: Problem[] = [];
  readonly #unknown: Problem[] = [];
  readonly #origins = new Map<string, Origin>();

  readFile(file: string, shown: string): void {
    const text = readText(file);
    const table = this.#parse(text, shown);
    if (table === undefined) throw invalidConfig(this.problems);
    const positions = keyPositions(text);
    const originOf = (path: readonly (string | number)[]): Origin => ({
      kind: 'file',
      file: shown,
      ...(positions.get(pathKey(path)) ?? { line: 1, column: 1 }),
    });
    this.raw = canonicalTable(table, configSchema, {
      known: (written, canonical) => this.#origins.set(pathKey(canonical), originOf(written)),
      unknown: (written, hint) => {
        const key = written.join('.');
        this.#unknown.push({ origin: originOf(written), key, message: unknownKey(key, hint) });
      },
      doubled: (used, ignored) => {
        const message = `is ignored, since ${used.join('.')} is the same key`;
        this.warnings.push({ origin: originOf(ignored), key: ignored.join('.'), message });
      },
    });
  }

  assignAll(options: LoadOptions, env: Readonly<Record<string, string | undefined>>): void {
    const { assignments, problems } = fromSet(options.set ?? []);
    this.problems.push(...problems);
    const flags = { ...options.flags };
    for (const assignment of [...fromEnvironment(env), ...fromFlags(flags), ...assignments, ...levels(options, env)]) {
      const outcome = assign(this.raw, assignment);
      if ('problem' in outcome) this.problems.push(outcome.problem);
      else this.#origins.set(pathKey(outcome.path), assignment.origin);
    }
  }

  finish(error: z.ZodError | undefined): void {
    for (const issue of error?.issues ?? []) {
      const path = issue.path.map((name) => (typeof name === 'symbol' ? String(name) : name));
      this.problems.push({ origin: this.originOf(path), key: path.join('.'), message: this.#messageOf(issue, path) });
    }
    const debug: unknown = this.raw['debug'];
    const lenient = typeof debug === 'object' && debug !== null && 'allow-unknown-keys' in debug;
    (lenient && debug['allow-unknown-keys'] === true ? this.warnings : this.problems).push(...this.#unknown);
    this.problems.sort(byPlace);
    if (this.problems.length > 0) throw invalidConfig(this.problems);
  }

  exactOriginOf(path: readonly (string | number)[]): Origin {
    return this.#origins.get(pathKey(path)) ?? { kind: 'default' };
  }

  /** Where the value at a path, or the nearest table around it, came from. */
  originOf(path: readonly (string | number)[]): Origin {
    for (let length = path.length; length > 0; length -= 1) {
      const origin = this.#origins.get(pathKey(path.slice(0, length)));
      if (origin !== undefined) return origin;
    }
    return { kind: 'default' };
  }

  #parse(text: string, shown: string): RawTable | undefined {
    try {
      return parse(text);
    } catch (error) {
      if (!(error instanceof TomlError)) throw error;
      const { line, column } = error;
      const [, reason = error.message] = /^Invalid TOML document: (.*)$/m.exec(error.message) ?? [];
      this.problems.push({
        origin: { kind: 'file', file: shown, line, column },
        key: '',
        message: `not TOML: ${reason}`,
      });
      return undefined;
    }
  }

  #messageOf(issue: z.core.$ZodIssue, path: readonly (string | number)[]): string {
    const value = path.reduce<unknown>((place, name) => {
      return typeof place === 'object' && place !== null ? Reflect.get(place, name) : undefined;
    }, this.raw);
    const isSecret = leaves.some((leaf) => leaf.meta.secret === true && leaf.path.join('.') === path.join('.'));
    const message = issue.code === 'invalid_type' && issue.expected === 'object' ? 'must be a table' : issue.message;
    return isSecret || value === undefined ? message : `${message}, got ${shownValue(value)}`;
  }
}

function idleDrivers({ logging }: ParsedConfig, reading: Reading): readonly Problem[] {
  const idle = logging.drivers.filter((driver) => driver !== 'console' && driver !== 'file');
  const key = 'logging.drivers';
  const origin = reading.originOf(key.split('.'));
  return idle.map((driver) => ({
    origin,
    key,
    message: `${driver} has no effect in this version: nothing is sent there`,
  }));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError(
      'CONFIG_UNREADABLE',
      `the configuration file ${file} can't be read: ${describeError(cause)}`,
      [],
      {
        cause,
        details: { file },
      },
    );
  }
}

/** `--debug` and `--log-level`, which have more than one key each. */
function levels({ debug, logLevel }: LoadOptions, env: Readonly<Record<string, string | undefined>>) {
  const asked = /^(true|yes|1)$/i.test(env['BACKEND_DEBUG'] ?? '');
  const fromEnv: Origin = { kind: 'environment', name: 'BACKEND_DEBUG' };
  const origin: Origin = debug === true ? { kind: 'flag', name: 'debug' } : fromEnv;
  const isDebug = debug === true || asked;
  const level = logLevel ?? (isDebug ? 'DEBUG' : 'NOTSET');
  const levelOrigin: Origin = logLevel === undefined ? origin : { kind: 'flag', name: 'log-level' };
  return [
    ...(isDebug ? [{ key: 'debug.enabled', text: 'true', origin }] : []),
    ...(level.toUpperCase() === 'NOTSET' ? [] : [{ key: 'logging.level', text: level, origin: levelOrigin }]),
  ];
}

function shownValue(value: unknown): string {
  const text =
    JSON.stringify(value, (_, item: unknown) => (typeof item === 'bigint' ? String(item) : item)) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** Those of the file first, from its top. */
function byPlace(a: Problem, b: Problem): number {
  const place = ({ origin }: Problem) =>
    origin.kind === 'file' ? origin.line * 10_000 + origin.column : Number.MAX_SAFE_INTEGER;
  return place(a) - place(b);
}
