import { bytes, kernelId, required, text } from '../arguments.js';
import { fromFileListing } from '../listing.js';
import { type CallContext, g2, g3, type Method } from './method.js';

type Id = ReturnType<typeof kernelId.parse>;

async function upload({ agent, signal }: CallContext, id: Id, path: string, data: Uint8Array): Promise<null> {
  await agent.uploadFile(id, path, data, { signal });
  return null;
}

const uploadParameters = [
  required('kernel_id', kernelId),
  required('filename', text),
  required('filedata', bytes),
] as const;

const download = ({ agent, signal }: CallContext, id: Id, path: string): Promise<Uint8Array> =>
  agent.downloadFile(id, path, { signal });

const downloadParameters = [required('kernel_id', kernelId), required('filepath', text)] as const;

const listFiles = async ({ agent, signal }: CallContext, id: Id, path: string): Promise<object> =>
  fromFileListing(await agent.listFiles(id, path, { signal }));

const listParameters = [required('kernel_id', kernelId), required('path', text)] as const;

export const fileMethods: readonly Method[] = [
  {
    name: 'upload_file',
    summary: 'Writes a file below /home/work.',
    G2: g2(uploadParameters, upload),
    G3: g3(uploadParameters, upload),
  },
  {
    name: 'download_file',
    summary: 'An uncompressed tar archive of a file or folder below /home/work, at most 1 MiB.',
    G2: g2(downloadParameters, download),
    G3: g3(downloadParameters, download),
  },
  {
    name: 'list_files',
    summary: 'Lists one folder below /home/work; the entries are JSON text.',
    G2: g2(listParameters, listFiles),
    G3: g3(listParameters, listFiles),
  },
];
