import { z } from 'zod';
import { inert, key, optionalKey } from '../key.js';
import { count, decimalSize, flag, hostPort, oneOf, optionalFile, path, port, text } from '../values.js';

export const LEVELS = ['CRITICAL', 'ERROR', 'WARNING', 'INFO', 'DEBUG', 'TRACE', 'NOTSET'] as const;
const DRIVERS = ['console', 'file', 'logstash', 'graylog'] as const;
const FORMATS = ['simple', 'verbose'] as const;

const level = () => oneOf(...LEVELS);

const logstash = z.strictObject({
  endpoint: inert(hostPort(), { upstream: 'G2', description: 'Address of the Logstash server.' }),
  protocol: inert(oneOf('zmq.push', 'zmq.pub', 'tcp', 'udp'), { upstream: 'G2', description: 'How lines travel.' }),
  'ssl-enabled': inert(flag(), { upstream: 'G2', description: 'Use TLS.' }),
  'ssl-verify': inert(flag(), { upstream: 'G2', description: 'Check the server’s certificate.' }),
});

const graylog = z.strictObject({
  host: inert(text(), { upstream: 'G3', description: 'Host of the Graylog server.' }),
  port: inert(port(), { upstream: 'G3', description: 'Port of the Graylog server.' }),
  level: inert(level(), { upstream: 'G3', description: 'Least level of lines that are sent.' }),
  localname: inert(text(), { upstream: 'G3', description: 'Name of this host in lines.' }),
  fqdn: inert(flag(), { upstream: 'G3', description: 'Send the full host name.' }),
  'ssl-verify': inert(flag(), { upstream: 'G3', description: 'Check the server’s certificate.' }),
  'ca-certs': inert(optionalFile(), { upstream: 'G3', description: 'Certificates that are trusted.' }),
  keyfile: inert(optionalFile(), { upstream: 'G3', description: 'Private key of this host.' }),
  certfile: inert(optionalFile(), { upstream: 'G3', description: 'Certificate of this host.' }),
});

/** `[logging]`. @see spec/06 §3 */
export const loggingSection = z
  .strictObject({
    level: key(level(), 'INFO', { upstream: 'G2', description: 'Least level of lines that are written at all.' }),
    drivers: key(
      z.array(oneOf(...DRIVERS)).meta({ syntax: 'list of `console`, `file`, `logstash`, `graylog`' }),
      ['console'],
      {
        upstream: 'G2',
        description: 'Where lines go. This version has `console` (standard error) and `file`.',
      },
    ),
    'pkg-ns': inert(z.record(z.string(), level()), {
      upstream: 'G2',
      description: 'Least level per Python package.',
    }),
    console: z
      .strictObject({
        colored: optionalKey(flag(), {
          upstream: 'G2',
          defaultText: 'true on a terminal',
          description: 'Colour the level of a line.',
        }),
        format: key(oneOf(...FORMATS), 'verbose', {
          upstream: 'G2',
          description: '`verbose` adds time, component and process id.',
        }),
      })
      .prefault({}),
    file: z
      .strictObject({
        path: key(path(), '.', { upstream: 'G2', description: 'Folder of the log file; created if absent.' }),
        filename: key(path(), 'agent.log', {
          upstream: 'G2',
          description: 'Name of the log file: one JSON object per line.',
        }),
        'backup-count': key(count(1, 100), 5, {
          upstream: 'G2',
          unit: 'files',
          description: 'Old log files that are kept.',
        }),
        'rotation-size': key(decimalSize(), '10M', {
          upstream: 'G2',
          unit: 'bytes',
          description: 'Size at which a new log file is begun. Decimal: `10M` is ten million; `10MiB` is binary.',
        }),
        format: inert(oneOf(...FORMATS), { upstream: 'G2', description: 'Log files are always JSON.' }),
      })
      .optional(),
    logstash: logstash.optional(),
    graylog: graylog.optional(),
  })
  .superRefine(({ drivers, file }, context) => {
    if (!drivers.includes('file') || file !== undefined) return;
    const message = 'has "file", so that a section [logging.file] is needed';
    context.addIssue({ code: 'custom', path: ['drivers'], message });
  })
  .prefault({});
