import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A piece of a snapshot: a zstd frame with its checksum, so that no row grows with the state. */
@Entity({ schema: 'computed', name: 'snapshot_chunk' })
export class SnapshotChunkEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'snapshot_chunk_pkey' })
  name!: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'snapshot_chunk_pkey' })
  number!: number;
  @Column('bytea')
  bytes!: Buffer;
}
