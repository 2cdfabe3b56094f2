#!/usr/bin/env node
import { runCommandLine } from './cli/command-line.js';
import { processShell } from './cli/shell.js';

process.exitCode = await runCommandLine(process.argv.slice(2), processShell());
