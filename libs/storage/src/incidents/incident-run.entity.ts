import { Column, Entity, PrimaryColumn } from 'typeorm';

/** From when to when a cause had alerts without a gap longer than `INCIDENT_GAP_MS`. Runs of one cause are apart. Computed. */
@Entity({ schema: 'computed', name: 'incident_run' })
export class IncidentRunEntity {
  /** As `causesOf` gives it. */
  @PrimaryColumn('text', { primaryKeyConstraintName: 'incident_run_pkey' })
  cause!: string;
  @PrimaryColumn({ type: 'timestamptz', precision: 3, primaryKeyConstraintName: 'incident_run_pkey' })
  begins!: Date;
  @Column({ type: 'timestamptz', precision: 3 })
  ends!: Date;
  /** One of its alerts: all of them are in that one's incident. */
  @Column('text', { name: 'alert_id' })
  alertId!: string;
}
