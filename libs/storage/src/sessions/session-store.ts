import type { DataSource } from 'typeorm';
import { type Person, type Principal, type Role, type SessionStore, scopesOf } from '#libs/auth';
import type { Clock } from '#libs/clock';
import { writeAudit } from '../audit/write-audit.js';
import { storable } from '../storable.js';

/** Sessions in decided.session. Each request asks the database, so that what ended here has ended everywhere. */
export class PostgresSessions implements SessionStore {
  constructor(
    private readonly database: DataSource,
    private readonly clock: Clock,
  ) {}

  async find(hash: Buffer): Promise<Principal | null> {
    const [row] = await this.database.query<{ id: string; name: string; role: Role }[]>(
      `SELECT p.id, p.name, s.role FROM decided.session AS s JOIN decided.person AS p ON p.id = s.person_id
       WHERE s.hash = $1 AND s.expires_at > $2`,
      [hash, new Date(this.clock.now())],
    );
    return row ? { id: row.id, name: row.name, scopes: scopesOf(row.role) } : null;
  }

  async begin(hash: Buffer, person: Person, expiresAt: number): Promise<void> {
    const at = new Date(this.clock.now());
    const { role } = person;
    const [id, name] = [storable(person.id), storable(person.name)];
    await this.database.transaction(async (manager) => {
      await manager.query('DELETE FROM decided.session WHERE expires_at <= $1', [at]);
      await manager.query(
        `INSERT INTO decided.person (id, name, role, signed_in_at) VALUES ($1, $2, $3, $4) ON CONFLICT (id)
         DO UPDATE SET name = excluded.name, role = excluded.role, signed_in_at = excluded.signed_in_at`,
        [id, name, role, at],
      );
      await manager.query('INSERT INTO decided.session (hash, person_id, role, expires_at) VALUES ($1, $2, $3, $4)', [
        hash,
        id,
        role,
        new Date(expiresAt),
      ]);
      await writeAudit(manager, { at, actor: id, action: 'person.signed-in', subject: id, facts: { name, role } });
    });
  }

  async end(hash: Buffer): Promise<void> {
    const at = new Date(this.clock.now());
    await this.database.transaction(async (manager) => {
      const gone = await manager.query<{ person_id: string }[]>(
        'WITH gone AS (DELETE FROM decided.session WHERE hash = $1 RETURNING person_id) SELECT person_id FROM gone',
        [hash],
      );
      for (const { person_id: id } of gone) {
        await writeAudit(manager, { at, actor: id, action: 'person.signed-out', subject: id, facts: {} });
      }
    });
  }
}
