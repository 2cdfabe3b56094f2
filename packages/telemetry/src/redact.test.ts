import { BaiError, MemoryLogger } from '@bai/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REDACTED, redactFields, redactingLogger, redactText } from './redact.js';

describe('redactFields', () => {
  it.each([
    'password',
    'registryPassword',
    'REDIS_PASSWD',
    'secret',
    'client_secret',
    'token',
    'X-BackendAI-Watcher-Token',
    'credentials',
    'apiKey',
    'api_key',
    'privateKey',
    'secretAccessKey',
    'Authorization',
    'set-cookie',
  ])('hides the value of %s, whatever it is', (key) => {
    for (const value of ['hunter2', 42, ['hunter2'], { inner: 'hunter2' }]) {
      expect(redactFields({ [key]: value })).toEqual({ [key]: REDACTED });
    }
  });

  it.each(['kernelId', 'image', 'publicKey', 'key', 'author', 'pass', 'passed'])('leaves %s as it is', (key) => {
    expect(redactFields({ [key]: 'value' })).toEqual({ [key]: 'value' });
  });

  it('keeps what says that there is no secret', () => {
    expect(redactFields({ password: null, token: undefined, secret: false })).toEqual({
      password: null,
      token: undefined,
      secret: false,
    });
  });

  it('leaves the caller its own data', () => {
    const fields = { registry: { password: 'hunter2' } };
    expect(redactFields(fields)).toEqual({ registry: { password: REDACTED } });
    expect(fields.registry.password).toBe('hunter2');
  });

  it('hides secrets at any depth, and ends in cycles', () => {
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 9 },
        fc.constant('value'),
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom('a', 'password', 'b'), tie('node'), { maxKeys: 3 }),
        fc.record({ token: fc.constant('hunter2') }),
      ),
    })).node;
    fc.assert(
      fc.property(tree, (value) => {
        expect(JSON.stringify(redactFields({ value }))).not.toContain('hunter2');
      }),
    );
    const cycle: Record<string, unknown> = { password: 'hunter2' };
    cycle['self'] = cycle;
    expect(JSON.stringify(redactFields(cycle))).not.toContain('hunter2');
  });

  it('writes errors as data, with the passwords of their URLs hidden', () => {
    const cause = new Error('redis://:hunter2@host is away');
    const fields = redactFields({ error: new BaiError('AWAY', 'no events', { cause }) });
    expect(fields['error']).toMatchObject({ code: 'AWAY', message: `no events: redis://:${REDACTED}@host is away` });
  });
});

describe('redactText', () => {
  it.each([
    ['redis://user:hunter2@host:6379/0', `redis://user:${REDACTED}@host:6379/0`],
    ['try http://a:b@c and https://d:e@f', `try http://a:${REDACTED}@c and https://d:${REDACTED}@f`],
    ['tcp://127.0.0.1:6001', 'tcp://127.0.0.1:6001'],
    ['mail me@host:25', 'mail me@host:25'],
  ])('%s', (text, redacted) => {
    expect(redactText(text)).toBe(redacted);
  });
});

describe('redactingLogger', () => {
  it('redacts lines and children of every level', () => {
    const inner = new MemoryLogger();
    const logger = redactingLogger(inner).child({ token: 'hunter2', name: 'x' });
    logger.debug('d', { password: 'hunter2' });
    logger.info('i', { password: 'hunter2' });
    logger.warn('w', { password: 'hunter2' });
    logger.error('e', { password: 'hunter2' });
    logger.info('plain');
    expect(inner.lines.map((line) => line.level)).toEqual(['debug', 'info', 'warn', 'error', 'info']);
    expect(inner.lines[0]?.fields).toEqual({ token: REDACTED, name: 'x', password: REDACTED });
    expect(JSON.stringify(inner.lines)).not.toContain('hunter2');
  });
});
