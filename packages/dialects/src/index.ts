export { Dialect, type DialectLimits } from './dialect.js';
export { DialectError, type DialectErrorCode, malformed } from './errors.js';
export { EXTENSION_KEYS } from './execution.js';
export { errorNames, fromWireFailure, toErrorEvent, toWireFailure, type WireFailure } from './failure.js';
export { readG3Extension } from './g3/ext-values.js';
export {
  type RequestArguments,
  toCreateKernelsArguments,
  toDestroyArguments,
  toExecuteArguments,
} from './g3/requests.js';
export {
  parseAgentInfo,
  parseBytes,
  parseCompletions,
  parseCreatedKernels,
  parseExecutionResult,
  parseFileListing,
  parseFlag,
  parseKernelStats,
  parseKernelSummaries,
  parseLogs,
} from './g3/results.js';
export type { CallContext, Generation, Method, MethodForm, Reply } from './methods/method.js';
export { METHODS } from './methods/method-table.js';
export { type DecoderOptions, type ExtensionReader, MsgpackDecoder } from './msgpack/decoder.js';
export { MsgpackEncoder } from './msgpack/encoder.js';
export { isWireMap, type WireMap, type WireValue } from './wire-value.js';
