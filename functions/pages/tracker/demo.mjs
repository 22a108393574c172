// The demo: an author's page that uses the tracker, and shows what the tracker tells of each batch.
const kRows = 200;
const kGood = ['taken', 'dropped'];

const $ = (id) => document.getElementById(id);
const [form, log, state] = [$('event'), $('log'), $('state')];

window.skerry ||= Object.assign((...call) => window.skerry.q.push(call), { q: [] });

const waiting = () => {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith('skerry:')).length;
  } catch {
    return 0; // storage is forbidden
  }
};

let acknowledged = 0;
let failure = '';

function showState() {
  const count = waiting();
  const parts = [`${acknowledged} taken by the server`];
  if (count > 0) parts.push(`${count} waiting in this browser`);
  if (failure !== '') parts.push(failure);
  state.textContent = parts.join(', ');
}

function cell(row, name, text) {
  const td = row.insertCell();
  td.setAttribute('role', 'cell'); // on a narrow screen a row is a grid, which has no cells
  td.className = name;
  td.textContent = text;
}

function showEvent({ id, type, ts, props }, answer, bad) {
  const row = document.createElement('tr');
  row.setAttribute('role', 'row');
  row.dataset.id = id;
  cell(row, 'time', new Date(ts).toISOString().slice(11, 19));
  cell(row, 'type', type);
  cell(row, 'props', props === undefined ? '' : JSON.stringify(props));
  cell(row, 'id', id);
  cell(row, bad ? 'answer bad' : 'answer', answer);
  log.querySelector(`[data-id="${CSS.escape(id)}"]`)?.remove(); // of the attempt before
  log.prepend(row);
  while (log.rows.length > kRows) log.lastElementChild.remove();
}

const parsed = (text) => {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
};

/** What the server says of each event of a batch. */
function answers({ accepted, dropped, errors = [] }, count) {
  const wrong = new Map(errors.map(({ index, code }) => [index, code]));
  return Array.from({ length: count }, (_, i) => wrong.get(i) ?? (accepted === 0 && dropped > 0 ? 'dropped' : 'taken'));
}

window.addEventListener('skerry', ({ detail: { batch, status, answer } }) => {
  const events = batch.map((text) => JSON.parse(text));
  const said = parsed(answer);
  if (status === 200) {
    const each = answers(said, events.length);
    events.forEach((event, i) => showEvent(event, `200 ${each[i]}`, !kGood.includes(each[i])));
    acknowledged += said.accepted ?? events.length;
    failure = '';
  } else {
    failure = status ? `the server answered ${status}` : 'no connection to the server';
    for (const event of events) showEvent(event, status ? `${status} ${said.code ?? ''}` : 'no answer', true);
  }
  showState();
});

function send(type, props) {
  window.skerry(type, props);
  showState();
}

const actions = {
  click: () => send('click', { x: Math.round(Math.random() * 1000) }),
  many: () => Array.from({ length: 100 }, (_, i) => send('many', { i })),
  view: () => {
    history.pushState(null, '', `?view=${Date.now()}`);
    showState();
  },
};

form.addEventListener('submit', (event) => {
  event.preventDefault();
  const { type, props } = Object.fromEntries(new FormData(form));
  $('problem').textContent = '';
  try {
    send(type, props.trim() === '' ? undefined : JSON.parse(props));
  } catch (error) {
    $('problem').textContent = `The properties are no JSON: ${error.message}`;
    form.elements.props.focus();
  }
});
document.addEventListener('click', ({ target }) => actions[target.dataset.send]?.());

const snippet = `<script async src="${new URL('t.js', document.baseURI)}"></script>`;
$('snippet').textContent = snippet;
$('copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(snippet);
    $('copied').textContent = 'Copied.';
  } catch {
    getSelection().selectAllChildren($('snippet')); // no permission, or plain http
    $('copied').textContent = 'Selected: press Ctrl+C.';
  }
});

$('private').hidden = !navigator.globalPrivacyControl;
