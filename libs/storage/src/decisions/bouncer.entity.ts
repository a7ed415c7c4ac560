import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * What a bouncer was told, by its key and address. Neither decided nor computed; kept with what no rebuild touches, since
 * the bouncer knows nothing of a rebuild.
 */
@Entity({ schema: 'decided', name: 'bouncer' })
export class BouncerEntity {
  @PrimaryColumn('text', { name: 'key_id', primaryKeyConstraintName: 'bouncer_pkey' })
  keyId!: string;
  @PrimaryColumn('text', { primaryKeyConstraintName: 'bouncer_pkey' })
  address!: string;
  @Column({ type: 'timestamptz', precision: 3, name: 'pulled_at' })
  pulledAt!: Date;
  @Column('bytea')
  held!: Buffer;
  /** Another one with each `held`, never used twice: who knows it need not read that. */
  @Column('text', { default: '' })
  version!: string;
}
