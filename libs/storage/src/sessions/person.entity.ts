import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Who signed in, as the identity provider described them last. */
@Entity({ schema: 'decided', name: 'person' })
export class PersonEntity {
  @PrimaryColumn('text', { primaryKeyConstraintName: 'person_pkey' })
  id!: string;
  @Column('text')
  name!: string;
  @Column('text')
  role!: string;
  @Column({ type: 'timestamptz', name: 'signed_in_at', precision: 3 })
  signedInAt!: Date;
}
