import { Column, Entity, PrimaryColumn } from 'typeorm';

/** How far a projection has read a partition: the first offset NOT yet in its tables. Moves in their transactions. */
@Entity({ schema: 'computed', name: 'projection_position' })
export class ProjectionPositionEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'projection_position_pkey' })
  projection!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'projection_position_pkey' })
  topic!: string;
  @PrimaryColumn('integer', { primaryKeyConstraintName: 'projection_position_pkey' })
  partition!: number;
  @Column('bigint')
  offset!: string;
}
