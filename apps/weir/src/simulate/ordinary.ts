import { apiCall, type Happening, login, mail } from './event.js';
import type { Random } from './random.js';

const PAGES = ['/', '/products', '/cart', '/account', '/help'];
/** How busy one person is: what keeps ordinary traffic far below every limit, whatever the rate. */
const EVENTS_PER_PERSON_AND_MINUTE = 2;

/** What people do all day. Each event comes from one of so many people that none of them stands out. */
export class OrdinaryTraffic {
  private readonly people: number;

  constructor(
    private readonly random: Random,
    eventsPerSecond: number,
  ) {
    this.people = Math.max(200, Math.ceil((eventsPerSecond * 60) / EVENTS_PER_PERSON_AND_MINUTE));
  }

  happening(time: number): Happening {
    const { random } = this;
    const person = random.int(this.people);
    const what = random.next();
    if (what < 0.7) return apiCall(time, address(person), this.call());
    if (what < 0.8) return login(time, address(person), `user${person}`, random.next() < 0.95 ? 'success' : 'failure');
    const recipients = Array.from({ length: 1 + random.int(3) }, () => `user${random.int(this.people)}@example.com`);
    return mail(time, `user${person}@example.org`, recipients, random.hex(40));
  }

  private call() {
    const { random } = this;
    const what = random.next();
    if (what < 0.8) return { method: 'GET', path: random.pick(PAGES), status: 200 };
    if (what < 0.95) return { method: 'POST', path: '/cart/items', status: 201 };
    if (what < 0.98) return { method: 'GET', path: `/old/${random.int(500)}`, status: 404 };
    return { method: 'GET', path: random.pick(PAGES), status: 502 };
  }
}

/** People live in 10.0.0.0/8. */
function address(person: number): string {
  return `10.${(person >> 16) & 255}.${(person >> 8) & 255}.${person & 255}`;
}
