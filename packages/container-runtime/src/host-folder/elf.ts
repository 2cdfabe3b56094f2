import { type FileHandle, open } from 'node:fs/promises';

/** The part of an ELF file's headers that says where it can run. */
export interface ElfFacts {
  /** For example 62 for x86-64 and 183 for AArch64. */
  readonly machine: number;
  /** Path of the dynamic loader that the file asks for (`PT_INTERP`); null for a static program and for a library. */
  readonly interpreter: string | null;
}

const MAGIC = Buffer.from('\x7fELF', 'latin1');
const HEADER_BYTES = 64;
const LITTLE_ENDIAN = 1;
const CLASS_64 = 2;
const PT_INTERP = 3;
const PROGRAM_HEADER_BYTES = 56;
const MAX_PATH_BYTES = 4096;

/** Reads the headers of a file, or answers undefined when it is no 64-bit little-endian ELF file, the only kind that Node.js comes as. */
export async function readElf(path: string): Promise<ElfFacts | undefined> {
  await using file = await open(path);
  const header = await readAt(file, 0, HEADER_BYTES);
  if (header.length < HEADER_BYTES || !header.subarray(0, 4).equals(MAGIC)) return undefined;
  if (header.readUInt8(4) !== CLASS_64 || header.readUInt8(5) !== LITTLE_ENDIAN) return undefined;
  return { machine: header.readUInt16LE(18), interpreter: await interpreterOf(file, header) };
}

async function interpreterOf(file: FileHandle, header: Buffer): Promise<string | null> {
  if (header.readUInt16LE(54) !== PROGRAM_HEADER_BYTES) return null; // there are none
  const count = header.readUInt16LE(56);
  const table = await readAt(file, Number(header.readBigUInt64LE(32)), count * PROGRAM_HEADER_BYTES);
  for (let at = 0; at + PROGRAM_HEADER_BYTES <= table.length; at += PROGRAM_HEADER_BYTES) {
    if (table.readUInt32LE(at) !== PT_INTERP) continue;
    const length = Math.min(Number(table.readBigUInt64LE(at + 32)), MAX_PATH_BYTES);
    const text = await readAt(file, Number(table.readBigUInt64LE(at + 8)), length);
    return text.toString('utf8').replace(/\0.*$/s, '');
  }
  return null;
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, position);
  return buffer.subarray(0, bytesRead);
}
