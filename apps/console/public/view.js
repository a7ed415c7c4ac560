/*
 * Alerts as elements. What an event says is only ever set as text: an address or a user name is chosen by an attacker.
 */

/** An element with attributes, and children that are elements or text. */
export function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) {
    if (value !== undefined) made.setAttribute(attribute, value);
  }
  made.append(...children);
  return made;
}

/** Characters that are not seen, or that turn the text around them, are written out. */
export function visible(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => `\\u${c.codePointAt(0).toString(16).padStart(4, '0')}`);
}

const clockFormat = new Intl.DateTimeFormat(undefined, { timeStyle: 'medium' });
const dayFormat = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const dateFormat = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const numbers = new Intl.NumberFormat();

/** The time of day, and the day where it is not today. */
function timeElement(iso) {
  const time = new Date(iso);
  const now = new Date();
  const sameYear = time.getFullYear() === now.getFullYear();
  const today = sameYear && time.getMonth() === now.getMonth() && time.getDate() === now.getDate();
  const day = today ? '' : `${(sameYear ? dayFormat : dateFormat).format(time)}, `;
  return element('time', { datetime: iso, title: iso }, `${day}${clockFormat.format(time)}`);
}

const signs = { gte: '≥', gt: '>', lte: '≤', lt: '<', eq: '=', neq: '≠' };

function limitsOf({ condition }) {
  return Object.entries(condition).filter(([, limit]) => typeof limit === 'number');
}

function groupElement({ group }) {
  const fields = fieldElements(group);
  return element('span', { class: 'group' }, ...(fields.length ? fields : ['everybody']));
}

/** The peak as a bar, with a mark where the limit lies. */
function meterElement(alert) {
  const limits = limitsOf(alert);
  const words = limits.map(([sign, limit]) => `${signs[sign] ?? sign} ${numbers.format(limit)}`).join(' and ');
  const most = Math.max(alert.peak, ...limits.map(([, limit]) => limit), 1);
  const track = element('span', { class: 'track', 'aria-hidden': 'true' });
  track.style.setProperty('--peak', `${(100 * alert.peak) / most}%`);
  if (limits.length) track.style.setProperty('--limit', `${(100 * limits[0][1]) / most}%`);
  const text = element(
    'span',
    {},
    element('b', {}, numbers.format(alert.peak)),
    ' ',
    // What was received has no limit of ours.
    element('span', { class: 'faint' }, limits.length ? `limit ${words} in ${alert.timespan}` : ''),
  );
  return element('span', { class: 'meter' }, text, track);
}

/** The line of an alert: a button that opens what is below it. */
export class AlertRow {
  constructor(alert, toggle) {
    this.button = element('button', { type: 'button', class: 'row', 'aria-expanded': 'false' });
    this.button.addEventListener('click', () => toggle(this));
    this.detail = element('div', { class: 'detail', hidden: '' });
    this.item = element('li', { 'data-id': alert.id }, this.button, this.detail);
    this.update(alert);
  }

  get open() {
    return this.button.getAttribute('aria-expanded') === 'true';
  }

  set open(open) {
    this.button.setAttribute('aria-expanded', String(open));
    this.detail.hidden = !open;
  }

  update(alert) {
    this.alert = alert;
    this.item.dataset.severity = alert.severity;
    this.item.dataset.state = alert.state;
    this.button.replaceChildren(
      element('span', { class: 'severity' }, alert.severity),
      element('span', { class: 'title' }, visible(alert.rule.title)),
      groupElement(alert),
      meterElement(alert),
      timeElement(alert.openedAt),
      element('span', { class: 'state' }, alert.state),
    );
  }

  /** What is known beyond the line: the alert with its evidence, and its rule (null where it no longer runs). */
  showDetail(alert, rule) {
    const opened = new Set([...this.detail.querySelectorAll('details[open]')].map(({ dataset }) => dataset.at));
    this.detail.replaceChildren(...ruleElements(rule), factsElement(alert), ...evidenceElements(alert, opened));
  }

  showProblem(message) {
    this.detail.replaceChildren(element('p', { class: 'problem' }, message));
  }
}

function ruleElements(rule) {
  if (!rule) return [];
  const harmless = rule.falsepositives.map((text) => element('li', {}, visible(text)));
  return [
    element('p', {}, visible(rule.description)),
    ...(harmless.length
      ? [element('p', { class: 'faint' }, 'It may be harmless:'), element('ul', {}, ...harmless)]
      : []),
  ];
}

function factsElement(alert) {
  const facts = [
    ['Latest window', numbers.format(alert.value)],
    ['Highest window', numbers.format(alert.peak)],
    ['Matching events', numbers.format(alert.events)],
    ['First event', timeElement(alert.firstSeen)],
    ['Limit reached', timeElement(alert.openedAt)],
    ['Last event', timeElement(alert.lastSeen)],
    ['Closed', alert.closedAt ? timeElement(alert.closedAt) : 'not yet'],
    ['Rule', `${visible(alert.rule.name)}, version ${alert.rule.version}`],
    ['Alert', element('code', {}, alert.id)],
  ];
  const pairs = facts.map(([name, value]) => element('div', {}, element('dt', {}, name), element('dd', {}, value)));
  return element('dl', {}, ...pairs);
}

function evidenceElements(alert, opened) {
  const { evidence, events } = alert;
  const said =
    evidence.length < events
      ? `the first and the latest: ${numbers.format(evidence.length)} of ${numbers.format(events)} events`
      : `all ${numbers.format(events)} events`;
  return [
    element('h3', {}, 'Evidence ', element('span', { class: 'faint' }, said)),
    element('div', { class: 'evidence' }, ...evidence.map((reference) => evidenceElement(reference, opened))),
  ];
}

function evidenceElement({ topic, partition, offset, time, event }, opened) {
  const at = `${topic}/${partition}/${offset}`;
  const place = element('span', { class: 'place faint', title: 'topic/partition/offset' }, at);
  const summary = element(
    'summary',
    {},
    timeElement(time),
    element('span', { class: 'fields' }, ...fieldElements(event?.data)),
    place,
  );
  const json = event ? visibleLines(JSON.stringify(event, null, 2)) : 'The event itself is in the log only.';
  return element(
    'details',
    { 'data-at': at, open: opened.has(at) ? '' : undefined },
    summary,
    element('pre', {}, json),
  );
}

function fieldElements(data = {}) {
  return Object.entries(data).map(([field, value]) =>
    element(
      'span',
      { class: 'pair' },
      element('span', { class: 'faint' }, visible(field)),
      ' ',
      element('bdi', {}, visible(value)),
    ),
  );
}

const visibleLines = (text) => text.split('\n').map(visible).join('\n');
