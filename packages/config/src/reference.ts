import { type Leaf, leaves } from './schema-tree.js';
import { BINDINGS } from './sources/bindings.js';

const INTRODUCTION = `# Configuration

<!-- Written by \`bai-agent config schema --markdown\`. Change packages/config/src/schema/ instead. -->

\`bai-agent start\` needs no configuration: without a file it serves this one machine, listens on 127.0.0.1:6001, and keeps its state in the
folder of [\`agent.state-dir\`](#agent). Files of the Python agents (20.09 to 26.8) are read as they are.

## Where values come from

A value of the command line wins over one of the environment, that over the file, that over the default. One file is read:

1. that of \`-f FILE\`;
2. else that of the variable \`BACKEND_CONFIG_FILE\`;
3. else the first that exists of \`./agent.toml\`, \`agent.toml\` in a folder above that is inside your home and has a file \`BUILD_ROOT\`,
   \`~/.config/backend.ai/agent.toml\`, \`/etc/backend.ai/agent.toml\`;
4. else none.

\`--set KEY=VALUE\` sets any key of the file: \`--set agent.rpc-listen-addr=127.0.0.1:7001\`, \`--set container.port-range=30000-30100\`,
\`--set 'logging.drivers=["console", "file"]'\`. It may be repeated; the last one counts, and it wins over other options.

\`bai-agent config show\` prints each value with where it came from, \`bai-agent config check\` tells every mistake at once with file, line and
column, \`bai-agent config schema\` prints a JSON Schema for editors.

## How values are written

| Kind | Written as |
|---|---|
| address | \`"127.0.0.1:6001"\`, \`"[::1]:6001"\`, \`["127.0.0.1", 6001]\` or \`{ host = "127.0.0.1", port = 6001 }\` |
| port range | \`[30000, 31000]\` or \`"30000-31000"\`; both ends belong to it |
| size | bytes as \`1073741824\`, or \`"512m"\`, \`"1.5g"\`, \`"1 GiB"\`: powers of 1024 |
| user id | a number, the name of a user, or \`-1\` for that of the agent itself |
| list of texts | \`["a", "b"]\` or \`"a,b"\` |

Names are written with dashes; underscores are taken too. A key that nobody knows is an error that names the nearest known one; with
\`debug.allow-unknown-keys = true\` it is only a warning. A key that this version accepts for the sake of existing files, but that does nothing
yet, is marked *no effect*.
`;

/** The reference page `docs/configuration.md`. */
export function configReference(): string {
  const sections = [...new Set(leaves.map(sectionOf))];
  const blocks = sections.flatMap((section) => {
    const title = section === '' ? 'Other sections' : `\`[${section}]\``;
    const keys = leaves.filter((leaf) => sectionOf(leaf) === section);
    return ['', `## ${title}`, '', keyTable(keys)];
  });
  return [INTRODUCTION.trimEnd(), ...blocks, '', environmentTable(), ''].join('\n');
}

const sectionOf = ({ path }: Leaf): string => path.slice(0, -1).join('.');

function keyTable(keys: readonly Leaf[]): string {
  const rows = keys.map(row).join('\n');
  return `| Key | Value | Default | Since | At run time | Meaning |\n|---|---|---|---|---|---|\n${rows}`;
}

function row({ path, syntax, meta, fallback }: Leaf): string {
  const unit = meta.unit === undefined ? '' : `, in ${meta.unit}`;
  const standing = meta.defaultText ?? (fallback === undefined ? '' : `\`${JSON.stringify(fallback)}\``);
  const aliases = (meta.aliases ?? []).map((alias) => ` Also \`${alias}\`.`).join('');
  const inert = meta.effect === false ? ' *No effect.*' : '';
  const since = [meta.since, meta.upstream].filter((part) => part !== undefined).join(', ');
  const changes = meta.live === true ? 'yes' : 'restart';
  const cells = [
    `\`${path.at(-1)}\``,
    syntax + unit,
    standing,
    since,
    changes,
    `${meta.description}${aliases}${inert}`,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function environmentTable(): string {
  const rows = BINDINGS.map(({ key, env, flag }) => {
    const names = [env, flag === undefined ? undefined : `--${flag}`].map((name) =>
      name === undefined ? '' : `\`${name}\``,
    );
    return `| \`${key}\` | ${names.join(' | ')} |`;
  });
  return [
    '## Environment variables and options',
    '',
    'Each stands for one key. `BACKEND_DEBUG=true` is the same as `--debug`.',
    '',
    '| Key | Variable | Option of `start` |',
    '|---|---|---|',
    ...rows,
  ].join('\n');
}
