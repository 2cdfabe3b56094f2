import { fileMethods } from './file-methods.js';
import { kernelMethods } from './kernel-methods.js';
import { laterMethods } from './later-methods.js';
import type { Method } from './method.js';
import { nodeMethods } from './node-methods.js';

/** Every method that any generation of managers knows, and ours. A new method is one line here, in its group. */
export const METHODS: readonly Method[] = [...nodeMethods, ...kernelMethods, ...fileMethods, ...laterMethods];
