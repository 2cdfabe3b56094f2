export { formatTcpAddress, parseTcpAddress, type TcpAddress } from './address.js';
export { AgentClient, type AgentClientOptions } from './client/agent-client.js';
export { type CallOptions, RpcClient, type RpcClientOptions } from './client/rpc-client.js';
export { RpcError, type RpcErrorCode, RpcRemoteError } from './errors.js';
export { DEFAULT_LIMITS, type RpcLimits } from './server/limits.js';
export type { CallReport, RpcServerOptions } from './server/options.js';
export { RpcServer } from './server/rpc-server.js';
