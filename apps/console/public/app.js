import { Api, Refusal } from './api.js';
import { AlertRow } from './view.js';

const PAGE_ALERTS = 100;
/** More than this are not kept on the page; they are begun again from the newest. */
const ROWS_MAX = 1_000;
/** Changes are gathered this long, so that a flood of them does not become a flood of drawing. */
const DRAW_MS = 100;
const WAIT_SECONDS_MAX = 30;
/** The open alert's evidence is asked for again at most so often. */
const EVIDENCE_MS = 2_000;
const KEY = 'weir.key';

const by = (id) => document.getElementById(id);
const list = by('list');
const filter = { q: '', state: '', severity: '' };
const rows = new Map();
const rules = new Map();
const changed = new Map();
let api = null;
let connection = null;
let next = null;
let reading = 0;
let drawing = false;

// The key. It comes with the address (#key=…), which then forgets it; or from the form. Who is signed in needs none.

function takeKeyFromAddress() {
  const given = new URLSearchParams(location.hash.slice(1)).get('key');
  if (!given) return false;
  sessionStorage.setItem(KEY, given);
  history.replaceState(null, '', location.pathname);
  return true;
}

function start() {
  const key = sessionStorage.getItem(KEY);
  if (!key) return startSignedIn();
  if (!/^[\x21-\x7e]+$/.test(key)) return askForKey('That is no key: a key has letters and digits only.');
  open(new Api(key), 'Change key');
}

function open(opened, leave) {
  connection?.abort();
  connection = new AbortController();
  api = opened;
  by('key-form').hidden = true;
  by('forget').hidden = false;
  by('forget').textContent = leave;
  stayConnected(connection.signal);
}

async function startSignedIn() {
  const { signIn } = await Api.ways().catch(() => ({ signIn: null }));
  by('sign-in').hidden = signIn === null;
  if (signIn === null) return askForKey('');
  const signedIn = new Api(null);
  const me = await signedIn.me().catch(() => null);
  if (me === null) return askForKey('');
  open(signedIn, `Sign out ${me.name}`);
}

async function leave() {
  if (!sessionStorage.getItem(KEY)) await api?.signOut().catch(() => {});
  askForKey('');
}

function askForKey(problem) {
  connection?.abort();
  api = null;
  sessionStorage.removeItem(KEY);
  say('off', 'Not connected');
  clearRows();
  by('board').hidden = true;
  by('forget').hidden = true;
  by('key-problem').textContent = problem;
  by('key-problem').hidden = problem === '';
  by('key-form').hidden = false;
  by('key').value = '';
  by('key').focus();
}

// The connection. The stream is opened first and the list read then, so that nothing falls between them.

async function stayConnected(signal) {
  say('waiting', 'Connecting…');
  for (let wait = 1; !signal.aborted; wait = Math.min(wait * 2, WAIT_SECONDS_MAX)) {
    try {
      for await (const alert of api.changes(signal)) {
        if (alert) change(alert);
        else {
          await readList(Math.max(PAGE_ALERTS, rows.size));
          say('live', 'Live');
          wait = 1;
        }
      }
    } catch (error) {
      if (signal.aborted) return;
      if (error.status === 401)
        return askForKey(
          sessionStorage.getItem(KEY)
            ? 'Weir does not know this key: it is mistyped, revoked or expired.'
            : 'Your session is over: sign in again.',
        );
      if (error.status === 403) return askForKey(error.message);
      const why = error instanceof Refusal ? error.message : 'The connection broke';
      say('off', `${why.replace(/\.$/, '')}. Trying again…`);
    }
    await pause(wait * 1_000, signal);
  }
}

function pause(ms, signal) {
  return new Promise((done) => {
    const timer = setTimeout(done, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      done();
    });
    addEventListener('online', () => done(), { once: true, signal });
  });
}

function say(state, text) {
  by('status').dataset.state = state;
  by('status').textContent = text;
}

// The list: newest first, one row for each alert.

async function readList(wanted) {
  const mine = ++reading;
  const read = [];
  let cursor = null;
  do {
    const page = await api.alerts(filter, Math.min(200, wanted - read.length), cursor);
    if (mine !== reading) return;
    read.push(...page.items);
    cursor = page.next;
  } while (cursor && read.length < wanted);
  next = cursor;
  rules.clear();
  const kept = new Set(read.map(({ id }) => id));
  for (const [id, row] of rows) if (!kept.has(id)) drop(row);
  for (const alert of read) put(alert);
  await sayWhatWatches();
  showBoard();
}

async function readOlder() {
  const mine = reading;
  const page = await api.alerts(filter, PAGE_ALERTS, next);
  if (mine !== reading) return;
  next = page.next;
  for (const alert of page.items) put(alert);
  showBoard();
}

async function sayWhatWatches() {
  if (rows.size > 0 || filtered()) return;
  const { items, problems } = await api.rules();
  const watching = items.filter(({ alerting }) => alerting).length;
  const refused = problems.length > 0 ? ` ${problems.length} were refused: npx weir rules check says why.` : '';
  by('watching').textContent = `${watching} rules watch.${refused}`;
}

function change(alert) {
  changed.set(alert.id, alert);
  if (drawing) return;
  drawing = true;
  setTimeout(draw, DRAW_MS);
}

function draw() {
  drawing = false;
  for (const alert of changed.values()) {
    const row = rows.get(alert.id);
    // Whoever reads an alert goes on seeing it, also when it no longer fits the filter.
    if (wanted(alert) || (row?.open && alert.state !== 'merged')) put(alert, true);
    else if (row) drop(row);
  }
  changed.clear();
  showBoard();
  if (rows.size > ROWS_MAX) attempt(readList(PAGE_ALERTS));
}

function wanted(alert) {
  const { q, state, severity } = filter;
  if (alert.state === 'merged' || (state && state !== alert.state) || (severity && severity !== alert.severity))
    return false;
  if (!q) return true;
  const texts = [alert.rule.name, alert.rule.title, Object.values(alert.group).join(' ')];
  return texts.some((text) => text.toLowerCase().includes(q.toLowerCase()));
}

function put(alert, live = false) {
  const known = rows.get(alert.id);
  if (known) {
    if (alert.revision <= known.alert.revision) return;
    known.update(alert);
    if (known.open) showEvidence(known);
    return place(known);
  }
  const row = new AlertRow(alert, toggle);
  if (live && next && comesBefore(list.lastElementChild, row)) return;
  rows.set(alert.id, row);
  if (live) row.item.classList.add('new');
  place(row);
}

function place(row) {
  let before = list.firstElementChild;
  while (before && (before === row.item || comesBefore(before, row))) before = before.nextElementSibling;
  if (row.item.nextElementSibling !== before || !row.item.isConnected) list.insertBefore(row.item, before);
}

function comesBefore(item, { alert }) {
  const other = item && rows.get(item.dataset.id)?.alert;
  if (!other) return false;
  return other.openedAt === alert.openedAt ? other.id > alert.id : other.openedAt > alert.openedAt;
}

function drop(row) {
  rows.delete(row.alert.id);
  row.item.remove();
}

function clearRows() {
  reading++;
  changed.clear();
  rows.clear();
  next = null;
  list.replaceChildren();
}

const filtered = () => Object.values(filter).some(Boolean);

function showBoard() {
  by('board').hidden = false;
  by('heads').hidden = rows.size === 0;
  by('empty').hidden = rows.size > 0 || filtered();
  by('nothing').hidden = rows.size > 0 || !filtered();
  by('more').hidden = next === null;
}

// One alert with its evidence.

function toggle(row) {
  row.open = !row.open;
  if (row.open) showEvidence(row);
}

async function showEvidence(row) {
  if (row.asking) {
    row.again = true;
    return;
  }
  row.asking = true;
  row.again = false;
  try {
    const { id, rule } = row.alert;
    const [alert, text] = await Promise.all([api.alert(id), ruleOf(rule.id)]);
    row.showDetail(alert, text);
  } catch (error) {
    row.showProblem(`The evidence did not come: ${error.message}`);
  }
  setTimeout(() => {
    row.asking = false;
    if (row.again && row.open) showEvidence(row);
  }, EVIDENCE_MS);
}

async function ruleOf(id) {
  if (!rules.has(id)) {
    const rule = await api.rule(id).catch((error) => {
      if (error.status === 404) return null;
      throw error;
    });
    rules.set(id, rule);
  }
  return rules.get(id);
}

// What people do.

async function attempt(promise) {
  try {
    await promise;
  } catch (error) {
    if (error.status === 401) askForKey('Weir does not know this key any more.');
    else say('off', `${error.message}. Trying again…`);
  }
}

function refilter() {
  Object.assign(filter, { q: by('q').value.trim(), state: by('state').value, severity: by('severity').value });
  attempt(readList(PAGE_ALERTS));
}

function moveFocus(event) {
  const buttons = [...list.querySelectorAll('.row')];
  const at = buttons.indexOf(document.activeElement);
  const target = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (target === undefined || at < 0) return;
  event.preventDefault();
  buttons[Math.max(0, Math.min(target, buttons.length - 1))].focus();
}

let typing;
by('q').addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(refilter, 250);
});
by('filter').addEventListener('change', refilter);
by('filter').addEventListener('submit', (event) => {
  event.preventDefault();
  refilter();
});
by('clear').addEventListener('click', () => {
  by('filter').reset();
  refilter();
  by('q').focus();
});
by('more').addEventListener('click', () => attempt(readOlder()));
by('forget').addEventListener('click', leave);
by('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, by('key').value.trim());
  start();
});
list.addEventListener('keydown', moveFocus);
document.addEventListener('keydown', (event) => {
  const typed = event.target.closest('input, select');
  if (event.key === '/' && !typed && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    by('q').focus();
  } else if (event.key === 'ArrowDown' && event.target === by('q')) {
    list.querySelector('.row')?.focus();
  } else if (event.key === 'Escape') {
    const row = rows.get(event.target.closest('li[data-id]')?.dataset.id);
    if (!row?.open) return;
    row.open = false;
    row.button.focus();
  }
});
addEventListener('hashchange', () => takeKeyFromAddress() && start());

takeKeyFromAddress();
start();
