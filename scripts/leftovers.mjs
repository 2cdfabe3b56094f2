// What tests may leave behind below their temporary folder: processes, mounts, files.
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const GRACE_MS = 5_000;

/**
 * Removes the tests' folder and tells what should not have been there. Processes get a few seconds to end by themselves and are killed
 * then. A folder with a mount below it is left alone: removing it could remove what is mounted.
 * @returns {Promise<string[]>} one sentence per problem
 */
export async function removeTestRoot(folder) {
  const processes = await lastingProcesses(folder);
  for (const { pid } of processes) kill(pid);
  const problems = processes.map(({ pid, command }) => `process ${pid} (ended now): ${command}`);
  const mounts = mountsBelow(folder);
  if (mounts.length > 0) return [...problems, `mounts, so ${folder} is kept: ${mounts.join(', ')}`];
  try {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  } catch (error) {
    problems.push(`${folder} can't be removed: ${error.message}`);
  }
  return problems;
}

async function lastingProcesses(folder) {
  const deadline = Date.now() + GRACE_MS;
  for (;;) {
    const found = processesOf(folder);
    if (found.length === 0 || Date.now() > deadline) return found;
    await sleep(100);
  }
}

/** Processes that name the folder on their command line or were started with it in their environment. */
function processesOf(folder) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .map((pid) => ({ pid: Number(pid), command: procFile(pid, 'cmdline'), environment: procFile(pid, 'environ') }))
    .filter(({ command, environment }) => command.includes(folder) || environment.includes(folder));
}

/** A process may end, or belong to somebody else, while it's looked at: then it counts as empty. */
function procFile(pid, name) {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

function mountsBelow(folder) {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return mounts.map((line) => line.split(' ')[4] ?? '').filter((place) => place.startsWith(`${folder}/`));
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
