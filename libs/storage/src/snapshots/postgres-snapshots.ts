import { promisify } from 'node:util';
import { constants, zstdCompress, zstdDecompress } from 'node:zlib';
import type { DataSource, EntityManager } from 'typeorm';
import type { SnapshotStore } from '#libs/stream';
import { claimSnapshotSql } from './claim-snapshot.sql.js';
import { moveSnapshotSql } from './move-snapshot.sql.js';

/** So much state goes into one row at most, compressed. */
const chunkBytesMax = 4 * 2 ** 20;

const compress = promisify(zstdCompress);
const decompress = promisify(zstdDecompress);
/** State is mostly numbers that grow: more effort would gain little. */
const options = { params: { [constants.ZSTD_c_compressionLevel]: 1, [constants.ZSTD_c_checksumFlag]: 1 } };

/**
 * Snapshots in PostgreSQL, for processes on several machines. Who loads one becomes its owner, and from then on nothing
 * is taken from the owners before; so a process that slept and does not know yet that its partition went to another
 * can't put its state over the newer one.
 */
export class PostgresSnapshots implements SnapshotStore {
  /** By name: what this process may save under it. */
  private readonly generations = new Map<string, string>();

  constructor(private readonly database: DataSource) {}

  async load(name: string): Promise<Buffer | null> {
    const chunks = await this.database.transaction(async (manager) => {
      const [claimed] = await manager.query<{ generation: string; position: string | null }[]>(claimSnapshotSql, [
        name,
      ]);
      this.generations.set(name, claimed.generation);
      if (claimed.position === null) return null;
      return manager.query<{ bytes: Buffer }[]>(
        'SELECT bytes FROM computed.snapshot_chunk WHERE name = $1 ORDER BY number',
        [name],
      );
    });
    if (chunks === null) return null;
    try {
      return Buffer.concat(await Promise.all(chunks.map(({ bytes }) => decompress(bytes))));
    } catch {
      // Its reader finds that it is not whole.
      return Buffer.alloc(0);
    }
  }

  async save(name: string, position: number, parts: readonly Uint8Array[]): Promise<boolean> {
    const generation = this.generations.get(name);
    if (generation === undefined) return false;
    return this.database.transaction(async (manager) => {
      // UPDATE comes back as [rows, count].
      const [moved] = await manager.query<[unknown[], number]>(moveSnapshotSql, [name, generation, position]);
      if (moved.length === 0) return false;
      await manager.query('DELETE FROM computed.snapshot_chunk WHERE name = $1', [name]);
      await insertChunks(manager, name, parts);
      return true;
    });
  }

  async delete(name: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      await manager.query('UPDATE computed.snapshot SET position = NULL WHERE name = $1', [name]);
      await manager.query('DELETE FROM computed.snapshot_chunk WHERE name = $1', [name]);
    });
  }
}

async function insertChunks(manager: EntityManager, name: string, parts: readonly Uint8Array[]): Promise<void> {
  let number = 0;
  for (const chunk of cut(parts)) {
    await manager.query('INSERT INTO computed.snapshot_chunk (name, number, bytes) VALUES ($1, $2, $3)', [
      name,
      number++,
      await compress(chunk, options),
    ]);
  }
}

/** The same bytes, in pieces of one size except the last. */
function* cut(parts: readonly Uint8Array[]): Generator<Buffer> {
  let pieces: Uint8Array[] = [];
  let bytes = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const piece = part.subarray(at, at + chunkBytesMax - bytes);
      pieces.push(piece);
      bytes += piece.length;
      at += piece.length;
      if (bytes < chunkBytesMax) continue;
      yield Buffer.concat(pieces);
      pieces = [];
      bytes = 0;
    }
  }
  if (bytes > 0) yield Buffer.concat(pieces);
}
