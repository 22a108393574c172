// The command line as a whole, each command of it, found by walking the help pages from the top: help, slips of the pen,
// failures with --json, exit codes; the manual, the sample of settings, and completions in the shells themselves.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdir, readFile, readdir, readlink, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { build, run, scratchFolder, start, stop, top, until } from '../tools/processes.mjs';
import { archive, installation, program } from './skerry.mjs';

/** How a call ends, whichever way. */
const call = (args, options = {}) =>
  run(program, args, options).then(
    ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
    ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
  );

async function plain() {
  const folder = await scratchFolder();
  return { cwd: folder, env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('SKERRY_'))) };
}

/** Every command: `{path: ['events', 'tail'], help, below}`. */
async function commands() {
  const options = await plain();
  const found = [];
  const visit = async (path) => {
    const { code, stdout: help } = await call([...path, '--help'], options);
    assert.equal(code, 0, path.join(' '));
    const below = [...(/\nSubcommands:\n((?: .*\n)+)/.exec(help)?.[1] ?? '').matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
    found.push({ path, help, below, leaf: below.length === 0 });
    for (const name of below) await visit([...path, name]);
  };
  await visit([]);
  return found;
}

/** What must be there so that a command gets as far as its settings. */
const kNeeded = { 'events import': ['nothing.events'], 'events replay': ['--from', 'beginning', '--to', 'http://127.0.0.1:1'], completions: ['bash'], 'guestbook entries': [] };
const needed = ({ path }) => kNeeded[path.join(' ')] ?? [];
/** Nothing that is wrong with the settings keeps these from their work. */
const kAnyway = new Set(['doctor', 'completions', 'manual']);

/** A command while the private PostgreSQL runs. */
async function withDatabase(place, args) {
  const child = place.start('serve');
  await until('PostgreSQL', () => /PostgreSQL \d+ started in/.test(child.said), { child });
  const said = await place.run(...args, '--json');
  assert.equal(await stop(child), 0, child.said);
  return said;
}

/** The error in a line of JSON, the last one of an output. */
function errorIn(stdout, what) {
  const { error, ...rest } = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  assert.deepEqual(Object.keys(rest), [], what);
  assert.deepEqual(Object.keys(error), ['code', 'message'], what);
  assert.match(error.code, /^[a-z][a-z0-9_]*$/, what);
  assert.match(error.message, /\S/, what);
  return error;
}

/** A view, as any server gives it. */
const kView = JSON.stringify({
  last_updated_at: '2026-11-21T08:05:12.345Z',
  latest: [
    { timestamp: '2026-11-21T08:00:00', delay: 312.3, collector_id: 'rrc00', data_type: 'update', item_url: '', rough_size: 12600000, exact_size: 0, project: 'riperis', collector_url: '' },
    { timestamp: '2026-11-19T08:00:00', delay: 173112.3, collector_id: 'amsix.ams', data_type: 'rib', item_url: '', rough_size: 1, exact_size: 0, project: 'routeviews', collector_url: '' },
  ],
});
async function viewServer() {
  const server = createServer((_, response) => response.end(kView)).unref();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}` };
}

/** Commands that print something, of a server that has taken an event. */
async function thatPrint() {
  const skerry = await installation();
  const child = skerry.start('serve');
  await until('the server', () => fetch(`${skerry.url}/livez`).then((response) => response.ok, () => false), { child });
  assert.equal((await fetch(`${skerry.url}/t/a`)).status, 200);
  await until('the event', async () => /\/t\/a/.test((await skerry.run('events', 'tail')).stdout), { child });
  const { url } = await viewServer();
  const own = [['latest', '--url', url], ['latest', '--url', url, '--json'], ['events', 'tail'], ['events', 'tail', '--json'], ['events', 'stats'], ['events', 'stats', '--json'], ['events', 'readers'], ['events', 'readers', '--json'], ['events', 'trim', '--to-size', '1GiB']];
  const told = [['--help'], ['--version'], ['events', '--help'], ['events', 'tail', '--help'], ['config'], ['config', '--json'], ['config', '--reference'], ['config', '--sample'], ['manual'], ['completions', 'bash'], ['completions', 'zsh'], ['completions', 'fish']];
  const looking = [['status'], ['status', '--json'], ['doctor'], ['doctor', '--json'], ['gaps', '--json'], ['latest', '--json'], ['update', '--json', '--nonsense']];
  return { skerry, lines: [...told, ...own, ...looking] };
}

/** Of a command whose standard output is what a line of bash says. */
const callInto = (redirection, args, options) =>
  run('bash', ['-c', `${redirection}`, program, ...args], options).then(
    ({ stderr }) => ({ code: 0, stderr }),
    ({ code, signal, stderr }) => ({ code: code ?? signal, stderr }),
  );

/** What a terminal gets of a command. */
async function onTerminal(args, env) {
  const { stdout } = await run('script', ['-qec', `${[program, ...args].map((word) => `'${word}'`).join(' ')}; true`, '/dev/null'], { env });
  return stdout;
}

/** tab.py SHELL COMPLETIONS LINE: what the line becomes by Tab in an interactive shell; a key writes it into a file. */
const kTab = `import os, pty, select, sys, tempfile
shell, completions, line = sys.argv[1:4]
said = tempfile.mktemp(dir=os.environ['HOME'])
start = {
    'bash': (['bash', '--norc', '--noprofile', '-i'], f"""PS1=; source {completions}; bind 'set bell-style none'; say() {{ printf '%s|' "$READLINE_LINE" >{said}; echo SAID; }}; bind -x '"\\C-x":say'; printf '%s%s\\n' RE ADY"""),
    'zsh': (['zsh', '-f', '-i'], f"""PROMPT=; autoload -Uz compinit; compinit -u -D; source {completions}; say() {{ print -rn -- "$BUFFER|" >{said}; print SAID }}; zle -N say; bindkey '^X' say; printf '%s%s\\n' RE ADY"""),
    'fish': (['fish', '--no-config', '-i'], f"""source {completions}; function fish_prompt; end; function say; printf '%s|' (commandline) >{said}; echo SAID; end; bind \\cx say; printf '%s%s\\n' RE ADY"""),
}
words, setup = start[shell]
child, terminal = pty.fork()
if child == 0:
    os.execvp(words[0], words)
heard = b''
def hear(what):
    global heard
    while what not in heard:
        heard += os.read(terminal, 65536)
    heard = heard[heard.index(what) + len(what):]
os.write(terminal, setup.encode() + b'\\n')
hear(b'READY')
os.write(terminal, line.encode() + b'\\t\\x18')
hear(b'SAID')
print(open(said).read(), end='')
os.kill(child, 9)
`;

export const checks = {
  async 'what standard output can not take is told by every command, and ends with 1'() {
    const { skerry, lines } = await thatPrint();
    const options = { cwd: skerry.folder, env: skerry.env };
    for (const line of lines) {
      const args = ['--config', skerry.config, ...line];
      const whole = await call(args, options);
      for (const [into, why] of [
        ['exec "$0" "$@" >/dev/full', 'No space left on device'],
        ['exec "$0" "$@" >&-', 'it is closed'],
      ]) {
        const { code, stderr } = await callInto(into, args, options);
        const what = `${line.join(' ')} ${into}: ${code} ${stderr}`;
        assert.equal(code, whole.code === 0 ? 1 : whole.code, what);
        assert.ok(stderr.endsWith(`skerry: Standard output can't be written to: ${why}. What it has is not whole. (output_failed)\n`), what);
        assert.doesNotMatch(stderr, /internal_error/, what);
      }
    }
    return `${lines.length} commands`;
  },

  async 'a reader that goes changes nothing: no word, and the exit code as it would be'() {
    const { skerry, lines } = await thatPrint();
    const options = { cwd: skerry.folder, env: skerry.env };
    for (const line of lines) {
      const args = ['--config', skerry.config, ...line];
      const whole = await call(args, options);
      for (const ignoring of ['', "trap '' PIPE; "]) {
        const { code, stderr } = await callInto(`exec 3> >(exit); wait $!; ${ignoring}"$0" "$@" >&3 3>&-`, args, options);
        const what = `${ignoring}${line.join(' ')}: ${code} ${stderr}`;
        assert.equal(code, whole.code, what);
        assert.doesNotMatch(stderr, /[Pp]ipe|output_failed|internal_error/, what);
      }
    }
    // One that would go on for ever ends.
    const { code, stderr } = await callInto('exec 3> >(exit); wait $!; "$0" "$@" >&3 3>&-', ['--config', skerry.config, 'events', 'tail', '--follow'], options);
    assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
  },

  async 'no file gets the number of a standard stream that is closed'() {
    const skerry = await installation();
    const child = start('bash', ['-c', 'exec "$0" "$@" <&- >&- 2>&-', program, '--config', skerry.config, 'serve'], { cwd: skerry.folder, env: skerry.env });
    await until('the server', () => fetch(`${skerry.url}/livez`).then((response) => response.ok, () => false), { child });
    for (const stream of [0, 1, 2]) assert.equal(await readlink(`/proc/${child.pid}/fd/${stream}`), '/dev/null', `${stream}`);
  },

  async 'what is no server ends with its terminal, unless it was started by nohup'() {
    const { skerry } = await thatPrint();
    const tail = ['-c', 'exec "$0" "$@"', program, '--config', skerry.config, 'events', 'tail', '--follow'];
    const options = { cwd: skerry.folder, env: skerry.env };
    const ending = start('bash', tail, options);
    await until('its first line', () => ending.printed.includes('/t/a'), { child: ending });
    const ended = once(ending, 'exit');
    ending.kill('SIGHUP');
    assert.deepEqual(await ended, [0, null]);
    const going = start('bash', ['-c', 'trap "" HUP; exec "$0" "$@"', ...tail.slice(2)], options);
    await until('its first line', () => going.printed.includes('/t/a'), { child: going });
    going.kill('SIGHUP');
    assert.equal((await fetch(`${skerry.url}/t/later`)).status, 200);
    await until('what comes later', () => going.printed.includes('/t/later'), { child: going });
  },

  async 'escapes are for terminals that know them, and colour for who does not say no'() {
    const { url } = await viewServer();
    const { cwd, env: plainEnv } = await plain();
    const { TERM: _, NO_COLOR: __, ...env } = plainEnv;
    for (const line of [['latest', '--url', url], ['doctor', '--data-dir', cwd]])
      for (const [more, painted] of [
        [{ TERM: 'xterm' }, true],
        [{ TERM: 'xterm', NO_COLOR: '' }, true],
        [{ TERM: 'xterm', NO_COLOR: '1' }, false],
        [{ TERM: 'xterm', NO_COLOR: '0' }, false],
        [{ TERM: 'dumb' }, false],
        [{ TERM: '' }, false],
        [{}, false],
      ]) {
        const shown = await onTerminal(line, { ...env, ...more });
        const what = `${line[0]} ${JSON.stringify(more)}: ${JSON.stringify(shown)}`;
        assert.match(shown, /rrc00|failed/, what);
        assert.equal(shown.includes('\x1b'), painted, what);
      }
  },

  async 'flags that take a number take nothing else, and say so in one way'() {
    const options = await plain();
    const counted = [['events', 'tail', '-n'], ['events', 'tail', '--last'], ['status', '--cycles'], ['db', 'upgrade', '--to']];
    for (const line of counted)
      for (const value of ['-1', '--1', '1.5', '0x10', '1e3', '', ' 1', '+1', 'ten', '18446744073709551615', '99999999999999999999999'])
        for (const args of [[...line, value], [...line.slice(0, -1), `${line.at(-1)}${line.at(-1).startsWith('--') ? '=' : ''}${value}`]]) {
          const { code, stdout, stderr } = await call(args, options);
          const what = `${args.join(' ')}: ${stderr}`;
          assert.equal(code, 2, what);
          assert.equal(stdout, '', what);
          assert.match(stderr, /^skerry: .*\(bad_usage\)\n$/s, what);
          if (value !== '' && value !== '--1') assert.ok(stderr.includes(`"${value}" is no whole number from `), what);
        }
  },

  async 'a flag in another place is accepted there, or told where it belongs'() {
    const options = await plain();
    const behind = await call(['config', 'data_dir', '--data-dir', 'x'], options);
    const before = await call(['--data-dir', 'x', 'config', 'data_dir'], options);
    assert.deepEqual(before, behind);
    assert.match(before.stdout, /^data_dir +x /);
    for (const command of ['status', 'latest', 'gaps']) assert.deepEqual(await call(['--data-dir', 'x', command], options), await call([command, '--data-dir', 'x'], options), command);
    for (const [args, said] of [
      [['--json', 'status'], '--json belongs behind the command: `skerry status --json`.'],
      [['--listen', ':1', 'up'], '--listen belongs behind the command: `skerry up --listen`.'],
      [['events', '--follow', 'tail'], '--follow belongs behind the command: `skerry events tail --follow`.'],
      [['status', '--late'], '`skerry status` has no flag --late, which is one of `skerry latest`.'],
      [['events', 'tail', '--verify'], '`skerry events tail` has no flag --verify, which is one of `skerry events stats`.'],
    ]) {
      const { code, stderr } = await call(args, options);
      assert.equal(code, 2, args.join(' '));
      assert.ok(stderr.includes(said), stderr);
    }
  },

  async 'a filter that names nothing is refused, whichever command has it'() {
    const options = await plain();
    const { url } = await viewServer();
    for (const [args, code] of [
      [['latest', '--url', url, '--collector', 'nope'], 'unknown_collector'],
      [['latest', '--url', url, '--collector', 'rrc00,nope', '--json'], 'unknown_collector'],
      [['latest', '--url', url, '--project', 'nope'], 'unknown_project'],
      [['latest', '--url', url, '--project', 'nope', '--json'], 'unknown_project'],
      [['latest', '--url', url, '--type', 'nope'], 'unknown_data_type'],
      [['latest', '--url', url, '--type', 'nope', '--json'], 'unknown_data_type'],
      [['gaps', '--collector', 'nope'], 'unknown_collector'],
      [['gaps', '--project', 'nope'], 'unknown_project'],
      [['gaps', '--type', 'nope'], 'unknown_data_type'],
    ]) {
      const { code: exit, stderr } = await call(args, options);
      assert.equal(exit, 2, `${args.join(' ')}: ${stderr}`);
      assert.ok(stderr.includes(`(${code})`), `${args.join(' ')}: ${stderr}`);
    }
    const { latest } = JSON.parse((await call(['latest', '--url', url, '--json', '--collector', 'rrc00'], options)).stdout);
    assert.deepEqual(latest.map((row) => row.collector_id), ['rrc00']);
    assert.equal((await call(['latest', '--url', url, '--json'], options)).stdout, `${kView}\n`);
  },

  async 'why an address can not be listened on is told by serve and by doctor alike, with what to do'() {
    const holder = await viewServer();
    const { cwd, env } = await plain();
    await writeFile(join(cwd, 'file'), '');
    for (const [listen, code, advice] of [
      [`127.0.0.1:${new URL(holder.url).port}`, 'address_in_use', 'Stop what holds it, or choose another address.'],
      ['192.0.2.1:80', 'address_not_here', '`ip address`'],
      ['no-such-host.invalid:80', 'bad_address', 'a name that this machine can look up'],
      [`unix:${cwd}/none/s`, 'folder_missing', `Make the folder ${cwd}/none`],
      [`unix:${cwd}/file/s`, 'folder_missing', `Make the folder ${cwd}/file`],
    ]) {
      const set = ['--set', `listen=${listen}`];
      const serving = await call([...set, 'serve', '--data-dir', join(cwd, 'data')], { cwd, env });
      const what = `${listen}: ${serving.code} ${serving.stderr}`;
      assert.ok([1, 2].includes(serving.code), what);
      assert.ok(serving.stderr.includes(`Can't listen on ${listen}`) && serving.stderr.includes(`code=${code}`) && serving.stderr.includes(advice), what);
      const { findings } = JSON.parse((await call([...set, 'doctor', '--json', '--data-dir', join(cwd, 'data')], { cwd, env })).stdout);
      const found = findings.find(({ name }) => name === 'listen');
      assert.equal(found.status, 'failed', what);
      assert.ok(found.message.includes(`Can't listen on ${listen}`) && found.advice.includes(advice), JSON.stringify(found));
    }
  },

  async 'a data folder that is a file is named so'() {
    const { cwd, env } = await plain();
    await writeFile(join(cwd, 'file'), '');
    for (const folder of ['file', 'file/in/it']) {
      const { code, stdout } = await call(['--data-dir', join(cwd, folder), 'doctor', '--json'], { cwd, env });
      assert.equal(code, 1);
      const found = JSON.parse(stdout).findings.find(({ name }) => name === 'data folder');
      assert.equal(found.message, `${join(cwd, 'file')} is a file, and data_dir has to be a folder.`);
      const serving = await call(['--data-dir', join(cwd, folder), 'serve'], { cwd, env });
      assert.equal(serving.code, 1);
      assert.ok(serving.stderr.includes(`${join(cwd, 'file')} is a file, and data_dir has to be a folder: set it to another. code=data_dir_failed`), serving.stderr);
    }
  },

  async 'each command has examples of its own, and every one of them can be read'() {
    const all = await commands();
    assert.ok(all.length > 10, `${all.length}`);
    for (const { path, help, leaf } of all) {
      const name = ['skerry', ...path].join(' ');
      const examples = [...(/\nExamples:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? '').matchAll(/^ {2}(skerry .*?)(?: {2}.*)?$/gm)].map(([, line]) => line);
      assert.ok(examples.length > 0, `${name} has no example`);
      for (const example of examples) {
        assert.ok(`${example} `.startsWith(`${name} `), `${name} shows an example of another command: ${example}`);
        if (!leaf || name === 'skerry db psql') continue; // whose flags are psql's
        const known = [help, ...all.filter((other) => path.join(' ').startsWith(other.path.join(' '))).map((other) => other.help)].join('\n');
        for (const [, flag] of example.matchAll(/ (--?[a-z][\w-]*)/g)) assert.match(known, new RegExp(`(^|[ ,])${flag}\\b`, 'm'), `${example}: ${flag}`);
      }
    }
    return `${all.length} commands`;
  },

  async 'a slip of the pen is answered by the nearest name, with code 2'() {
    const options = await plain();
    await writeFile(join(options.cwd, 'limts.toml'), '[limts]\nmemory = "1 MiB"\n');
    for (const [args, said] of [
      [['bogus'], /no command `skerry bogus`; the nearest is `skerry \w+`/],
      [['stauts'], /the nearest is `skerry status`/],
      [['up', 'date'], /`skerry up --help`/],
      [['events', 'tial'], /the nearest is `skerry events tail`/],
      [['event', 'tail'], /the nearest is `skerry events`/],
      [['latest', '--jsno'], /`skerry latest` has no flag --jsno; the nearest is --json/],
      [['events', 'tail', '--folow'], /the nearest is --follow/],
      [['latest', '--datadir=/x'], /has no flag --datadir; the nearest is --data-dir/],
      [['--confg', 'x', 'status'], /the nearest is --config/],
      [['completions', 'tcsh'], /tcsh/],
      [['events', 'help'], /the nearest is `skerry events --help`/],
      [['config', 'updat.interval'], /the nearest is "update.interval"/],
      [['--set', 'lisen=1', 'config'], /Do you mean "listen"/],
      [['--config', 'limts.toml', 'config'], /limts.toml:1: There is no table \[limts\]. Do you mean \[limits\]\?/],
      [[], /`skerry --help`/],
    ]) {
      const { code, stdout, stderr } = await call(args, options);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, said, args.join(' '));
      assert.match(stderr, /^skerry: /, args.join(' '));
      assert.equal(stdout, '', args.join(' '));
    }
  },

  async 'help and version are commands, too'() {
    const options = await plain();
    for (const [args, like] of [[['help'], ['--help']], [['help', 'latest'], ['latest', '--help']], [['help', 'events', 'tail'], ['events', 'tail', '--help']], [['version'], ['--version']], [['-V'], ['--version']]]) {
      const [one, other] = [await call(args, options), await call(like, options)];
      assert.equal(one.code, 0, args.join(' '));
      assert.ok(one.stdout.length > 10);
      assert.equal(one.stdout, other.stdout, args.join(' '));
    }
  },

  async 'each command that fails with --json says so in one form, with the exit code of its kind'() {
    const all = (await commands()).filter(({ leaf }) => leaf);
    const withJson = all.filter(({ help }) => /^ +--json /m.test(help));
    assert.ok(withJson.length >= 7, withJson.map(({ path }) => path.join(' ')).join(', '));
    const options = await plain();
    await writeFile(join(options.cwd, 'broken.toml'), 'listen = 5\n');
    for (const command of all) {
      const name = command.path.join(' ');
      if (name === 'skerry db psql' || name === 'db psql') continue; // whose flags are psql's
      const flag = await call([...command.path, ...needed(command), '--json', '--no-such-flag'], options);
      assert.equal(flag.code, 2, name);
      assert.equal(errorIn(flag.stdout, name).code, 'bad_usage', name);
    }
    for (const command of withJson) {
      const name = command.path.join(' ');
      const settings = await call(['--config', 'broken.toml', ...command.path, ...needed(command), '--json'], options);
      if (kAnyway.has(name)) {
        assert.equal(JSON.parse(settings.stdout).ok, false, name);
      } else {
        assert.equal(settings.code, 2, name);
        const error = errorIn(settings.stdout, name);
        assert.equal(error.code, 'config_invalid', name);
        assert.ok(settings.stderr.includes(error.message), name);
      }
      const file = await call(['--config', 'none.toml', ...command.path, ...needed(command), '--json'], options);
      if (!kAnyway.has(name)) assert.deepEqual([file.code, errorIn(file.stdout, name).code], [2, 'config_unreadable'], name);
    }
    return `${withJson.length} of ${all.length} commands`;
  },

  async 'with --json standard output is JSON, whatever is wrong with what is there'() {
    const all = (await commands()).filter(({ leaf, help, path }) => leaf && /^ +--json /m.test(help) && path[0] !== 'update');
    const options = await plain();
    await writeFile(join(options.cwd, 'file'), 'no folder');
    for (const command of all) {
      const name = command.path.join(' ');
      for (const folder of ['nothing-here', 'file', 'file/in/it']) {
        const env = { ...options.env, SKERRY_DATA_DIR: join(options.cwd, folder) };
        const { code, stdout, stderr } = await call([...command.path, ...needed(command), '--json'], { ...options, env });
        const what = `${name} with ${folder}: ${code} ${stdout} ${stderr}`;
        assert.ok([0, 1, 2, 3, 5].includes(code), what);
        if (['config', 'doctor', 'status'].includes(name)) {
          JSON.parse(stdout);
        } else if (code !== 0) {
          assert.notEqual(errorIn(stdout, what).code, 'bad_usage', what);
        }
      }
    }
    const update = await installation('archive = "real"\ncollectors = "none-of-them"\n');
    const { code, stdout } = await update.run('update', '--once', '--json');
    assert.notEqual(code, 0);
    errorIn(stdout, 'update');
  },

  async 'what fails, fails with the same exit code and the same words with --json and without'() {
    const nothing = await plain();
    const source = await archive(nothing.cwd, ['rrc00']);
    const filled = await installation(`archive = "real"\ncollectors_file = "${source.file}"\ncollectors = ["rrc00"]\n`);
    assert.equal((await filled.run('update', '--once')).code, 0);
    const page = createServer((request, response) => response.end('<html>'));
    await new Promise((listening) => page.listen(0, '127.0.0.1', listening));
    const no = (...args) => call(args, nothing);
    const full = (...args) => filled.run(...args);
    const away = (...args) => call(['--config', filled.config, ...args], { ...nothing, env: { ...nothing.env, DATABASE_URL: 'host=127.0.0.1 port=1' } });
    const none = ['--collector', 'none'];
    for (const [how, args, code, error] of [
      [no, ['status'], 1, 'db_unreachable'],
      [no, ['status', '--cycles', '-1'], 2, 'bad_usage'],
      [no, ['latest'], 1, 'view_missing'],
      [no, ['latest', '--url', 'http://127.0.0.1:1'], 1, /^(connect|fetch|unreachable)/],
      [no, ['latest', '--url', `http://127.0.0.1:${page.address().port}`], 1, 'view_unreadable'],
      [no, ['latest', '--url', 'no url:'], /[12]/, /url/],
      [full, ['latest', '--project', 'none'], 2, 'unknown_project'],
      [full, ['latest', '--type', 'none'], 2, 'unknown_data_type'],
      [no, ['gaps'], 1, 'db_unreachable'],
      [away, ['gaps'], 1, 'db_unreachable'],
      [full, ['gaps', '--since', 'yesterday'], 2, 'bad_time'],
      [full, ['gaps', '--until', '2020-01'], 2, 'bad_time'],
      [full, ['gaps', ...none], 2, 'unknown_collector'],
      [full, ['gaps', '--project', 'none'], 2, 'unknown_project'],
      [full, ['gaps', '--type', 'none'], 2, 'unknown_data_type'],
      [full, ['update', '--once', ...none], 2, 'unknown_collector'],
      [full, ['update', '--since', '2026-01'], 2, 'bad_usage'],
      [away, ['update', '--once', '--dry-run'], 1, 'db_unreachable'],
      [no, ['events', 'tail'], 1, 'events_missing'],
      [no, ['events', 'stats'], 1, 'events_missing'],
      [no, ['events', 'readers'], 1, 'events_missing'],
      [no, ['events', 'import', 'nothing.events'], 1, /./],
      [no, ['config', 'listn'], 2, 'unknown_setting'],
    ]) {
      const what = args.join(' ');
      const plainly = await how(...args);
      const json = await how(...args, '--json');
      assert.equal(plainly.code, json.code, `${what}: ${plainly.stderr} ${json.stderr}`);
      assert.match(String(json.code), new RegExp(`^${code instanceof RegExp ? code.source : code}$`), `${what}: ${json.stderr}`);
      const told = args[0] === 'status' && code === 1 ? JSON.parse(json.stdout).error : errorIn(json.stdout, what);
      assert.match(told.code, error instanceof RegExp ? error : new RegExp(`^${error}$`), `${what}: ${json.stdout}`);
      for (const { stderr } of [plainly, json]) assert.ok(stderr.includes(told.code), `${what}: ${stderr}`);
      if (args[0] !== 'status') assert.equal(plainly.stdout, '', what);
    }
    // And where all is well, as after a round, JSON and nothing else.
    for (const args of [['update', '--once'], ['status'], ['latest'], ['latest', '--type', 'rib'], ['gaps']]) {
      const { code, stdout, stderr } = args[0] === 'gaps' || args[0] === 'status' ? await withDatabase(filled, args) : await full(...args, '--json');
      assert.equal(code, 0, `${args.join(' ')}: ${stderr}`);
      assert.equal('error' in JSON.parse(stdout), false);
    }
    page.close();
    await stop(source.child);
  },

  async 'the sample of settings is accepted as it is, and without its #, and changes nothing'() {
    const options = await plain();
    const { stdout: sample } = await call(['config', '--sample'], options);
    const lines = sample.split('\n').filter((line) => /^#[a-z_]+[a-z_.0-9]* = /.test(line));
    const { settings } = JSON.parse((await call(['config', '--reference', '--json'], options)).stdout);
    assert.ok(lines.length > 60 && lines.length <= settings.length, `${lines.length} of ${settings.length}`);
    const values = async (text) => {
      await writeFile(join(options.cwd, 'sample.toml'), text);
      const { code, stdout, stderr } = await call(['--config', 'sample.toml', 'config', '--json'], options);
      assert.equal(code, 0, stderr);
      assert.equal(stderr, '');
      return Object.fromEntries(Object.entries(JSON.parse(stdout)).map(([name, { value }]) => [name, value]));
    };
    const defaults = await values('');
    assert.deepEqual(await values(sample), defaults);
    // One that is set to nothing is not the same as one that is not set, where it has no default.
    const set = lines.map((line) => line.slice(1)).filter((line) => !/ = (""|\[\])$/.test(line));
    assert.deepEqual(await values(set.join('\n')), defaults);
    assert.deepEqual(settings.map(({ name }) => name), Object.keys(defaults), 'the reference has each setting');
    for (const { name, meaning, unit } of settings) assert.ok(meaning !== '' && unit !== '', name);
    return `${lines.length} lines`;
  },

  async 'native-host/SETTINGS.md is what `skerry config --reference` prints'() {
    const { stdout } = await call(['config', '--reference'], await plain());
    assert.equal(await readFile(join(top, 'native-host/SETTINGS.md'), 'utf8'), stdout, 'write it anew: skerry config --reference >native-host/SETTINGS.md');
  },

  async 'the manual has every command and setting, and man and mandoc find nothing wrong with it'({ skip }) {
    const options = await plain();
    const { stdout: page } = await call(['manual'], options);
    const text = page.replaceAll('\\-', '-').replaceAll('\\&', '');
    for (const { path } of await commands()) if (path.length > 0) assert.ok(text.includes(`.SS skerry ${path.join(' ')}\n`), path.join(' '));
    for (const name of Object.keys(JSON.parse((await call(['config', '--json'], options)).stdout))) assert.ok(text.includes(`\\fB${name}\\fR`), name);
    await writeFile(join(options.cwd, 'skerry.1'), page);
    const has = (command) => run(command, ['--version']).then(() => true, (error) => error.code !== 'ENOENT');
    if (await has('mandoc')) await run('mandoc', ['-T', 'lint', '-W', 'warning', join(options.cwd, 'skerry.1')]).catch(({ stdout, stderr }) => {
        // The checks' clock may stand before the page's date.
        const lines = (stdout + stderr).split('\n').filter((line) => line !== '' && !line.includes('date in the future'));
        assert.deepEqual(lines, []);
      });
    if (!(await has('man'))) skip('there is no man');
    const { stderr } = await run('man', ['--warnings', '-E', 'UTF-8', '-l', '-Tutf8', '-Z', join(options.cwd, 'skerry.1')], { env: { ...process.env, MANROFFSEQ: '' }, maxBuffer: 1 << 24 });
    assert.equal(stderr, '');
  },

  async 'cmake --install brings the manual, the sample and the completions'() {
    const prefix = await scratchFolder();
    await run('cmake', ['--install', build, '--prefix', prefix]);
    for (const [file, args] of [
      ['share/man/man1/skerry.1', ['manual']],
      ['share/skerry/skerry.toml.sample', ['config', '--sample']],
      ['share/bash-completion/completions/skerry', ['completions', 'bash']],
      ['share/zsh/site-functions/_skerry', ['completions', 'zsh']],
      ['share/fish/vendor_completions.d/skerry.fish', ['completions', 'fish']],
    ])
      assert.equal(await readFile(join(prefix, file), 'utf8'), (await call(args, await plain())).stdout, file);
    // The replica comes along, and is found from where the program now is; the doctor says where it is not.
    const skerry = await installation('archive = "replica"\n');
    const doctor = async () => {
      const { stdout } = await run(join(prefix, 'bin/skerry'), ['--config', skerry.config, 'doctor', '--json'], { cwd: skerry.folder, env: skerry.env }).catch((failed) => failed);
      return JSON.parse(stdout).findings.find(({ name }) => name === 'archive');
    };
    assert.equal((await doctor()).status, 'ok');
    const dry = await run(join(prefix, 'bin/skerry'), ['--config', skerry.config, 'update', '--once', '--dry-run', '--collector', 'rrc00'], { cwd: skerry.folder, env: skerry.env });
    assert.doesNotMatch(dry.stderr, /replica_missing/);
    const replica = join(prefix, 'libexec/skerry/archive-replica');
    await rename(replica, `${replica}.away`);
    const missing = await doctor();
    assert.equal(missing.status, 'failed');
    assert.match(missing.message + missing.advice, /archive-replica.*libexec.*does not start.*Install skerry again/s);
    const up = await run(join(prefix, 'bin/skerry'), ['--config', skerry.config, 'up'], { cwd: skerry.folder, env: skerry.env }).catch((failed) => failed);
    assert.equal(up.code, 3);
    assert.match(up.stderr, /replica_missing/);
    assert.doesNotMatch(up.stderr, /target/);
    await rename(`${replica}.away`, replica);
    // Uninstalled by the manifest (native-host/docs/upgrade.md), nothing is left.
    const installed = (await readFile(join(build, 'install_manifest.txt'), 'utf8')).split('\n').filter((line) => line !== '');
    assert.ok(installed.length >= 8 && installed.every((path) => path.startsWith(`${prefix}/`)), installed.join('\n'));
    for (const path of installed) await rm(path);
    const left = (await readdir(prefix, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
    assert.deepEqual(left.map(({ name }) => name), []);
  },

  async 'bash, zsh and fish complete commands, flags, their values and settings'({ skip }) {
    const folder = await scratchFolder();
    const scratch = await scratchFolder();
    const file = (shell) => join(scratch, `completions.${shell}`);
    for (const shell of ['bash', 'zsh', 'fish']) await writeFile(file(shell), (await call(['completions', shell], await plain())).stdout);
    // Each prints what its Tab offers for a line.
    await writeFile(
      join(scratch, 'ask.bash'),
      `source "$1"; IFS=' ' read -ra COMP_WORDS <<<"$2"; [[ $2 != *' ' ]] || COMP_WORDS+=(''); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))\n_skerry; printf '%s\\n' "\${COMPREPLY[@]}"\n`,
    );
    await writeFile(
      join(scratch, 'ask.zsh'),
      `zmodload zsh/zpty; zpty shell zsh -f -i
zpty -w shell "PROMPT= RPROMPT= OUT=$3; autoload -Uz compinit; compinit -u -D; source $1"
zpty -w shell 'offer() { compadd() { local -a kept; builtin compadd -O kept "$@"; print -rl -- $kept >>$OUT; builtin compadd "$@" }; _main_complete; print OVER >>$OUT }'
zpty -w shell 'zle -C offer list-choices offer; bindkey "^I" offer; print READY >>$OUT'
until grep -qx READY $3 2>/dev/null; do sleep 0.05; done
zpty -w -n shell "$2"$'\\t'
until grep -qx OVER $3; do sleep 0.05; done
zpty -d shell; grep -vx -e READY -e OVER -e '' $3 || true
`,
    );
    let asked = 0;
    await mkdir(join(folder, 'a folder/inside'), { recursive: true });
    for (const name of ['my file.toml', 'my-other.toml', 'an.events']) await writeFile(join(folder, name), '');
    const ask = {
      bash: (line) => run('bash', ['--norc', join(scratch, 'ask.bash'), file('bash'), line], { cwd: folder }),
      zsh: (line) => run('timeout', ['60', 'zsh', '-f', join(scratch, 'ask.zsh'), file('zsh'), line, join(scratch, `zsh-${++asked}`)], { cwd: folder }),
      fish: (line) => run('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', file('fish'), line], { cwd: folder, env: { ...process.env, HOME: scratch } }),
    };
    const all = await commands();
    const below = (...path) => all.find((command) => command.path.join(' ') === path.join(' ')).below.toSorted();
    const missing = [];
    for (const shell of Object.keys(ask)) {
      if (!(await run(shell, ['--version']).then(() => true, () => false))) {
        missing.push(shell);
        continue;
      }
      const offered = async (line) => [...new Set((await ask[shell](line)).stdout.split('\n').map((each) => each.split('\t')[0].trim()).filter(Boolean))].toSorted();
      const what = (line) => `${shell}: ${line}`;
      for (const [line, expected] of [
        ['skerry eve', ['events']],
        ['skerry events ta', ['tail']],
        ['skerry --set listen=x events st', ['stats']],
        ['skerry latest --lat', ['--late']],
        ['skerry events tail --fol', ['--follow']],
        ['skerry status --conf', ['--config']],
        ['skerry completions ', ['bash', 'fish', 'zsh']],
        ['skerry --set update.inter', ['update.interval=']],
        ['skerry status --set functions.latest.g', ['functions.latest.gzip=']],
        ['skerry latest --nonsense', []],
        ['skerry up --archive ', ['auto', 'real', 'replica']],
        ['skerry update --archive re', ['real', 'replica']],
        ['skerry latest --type ', ['rib', 'update']],
        ['skerry gaps --type u', ['update']],
        ['skerry gaps --project r', ['riperis', 'routeviews']],
        ['skerry latest --url ', []],
        ['skerry latest --collector ', []],
        ['skerry gaps --since ', []],
        ['skerry --set data_dir=', []],
        ['skerry events tail ', null],
        ['skerry config update.inter', ['update.interval']],
        ['skerry config listen kv_t', ['kv_token', 'kv_token_file']],
        ['skerry config --json log.f', ['log.format']],
      ]) {
        const found = await offered(line);
        if (expected !== null) assert.deepEqual(found, expected, what(line));
        assert.ok(!found.some((word) => /my|toml|folder/.test(word)), `${what(line)} offers files: ${found}`);
      }
      // The values of a setting, whether the shell takes what stands before them for a word of its own or not.
      for (const [name, values] of [['archive', ['auto', 'real', 'replica']], ['log.level', ['debug', 'error', 'info', 'warning']], ['access_log', ['false', 'true']]]) {
        const found = await offered(`skerry --set ${name}=`);
        assert.deepEqual(found.map((word) => word.slice(word.indexOf('=') + 1)), values, what(name));
      }
      assert.deepEqual((await offered('skerry --set log.level=d')).map((word) => word.replace('log.level=', '')), ['debug'], what('log.level=d'));
      // Below each command all that there is.
      for (const path of [[], ['events']]) {
        const line = ['skerry', ...path, ''].join(' ');
        const words = (await offered(line)).filter((word) => !word.startsWith('-'));
        assert.deepEqual(words, below(...path), what(line));
      }
      assert.ok((await offered('skerry gaps --')).includes('--since'), what('gaps'));
    }
    // What a line becomes by Tab, in the shells as people have them before them.
    await writeFile(join(scratch, 'tab.py'), kTab);
    for (const shell of ['bash', 'zsh', 'fish'].filter((each) => !missing.includes(each)))
      for (const [line, completed] of [
        ['skerry --config my\\ ', 'skerry --config my\\ file.toml '],
        ['skerry --config my-', 'skerry --config my-other.toml '],
        ['skerry status --env my-', 'skerry status --env my-other.toml '],
        ['skerry --data-dir a\\ ', 'skerry --data-dir a\\ folder/'],
        ['skerry --data-dir a\\ folder/i', 'skerry --data-dir a\\ folder/inside/'],
        ['skerry --data-dir my', 'skerry --data-dir my'],
        ['skerry --config a\\ folder/i', 'skerry --config a\\ folder/inside/'],
        ['skerry events import an', 'skerry events import an.events '],
        ['skerry events import --remove an', 'skerry events import --remove an.events '],
        ['skerry latest --url my', 'skerry latest --url my'],
        ['skerry status my', 'skerry status my'],
        ['skerry --set archive=rep', 'skerry --set archive=replica '],
        ['skerry --set log.le', 'skerry --set log.level='],
        ['skerry up --archive a', 'skerry up --archive auto '],
        ['skerry config update.inter', 'skerry config update.interval '],
      ]) {
        const { stdout } = await run('python3', [join(scratch, 'tab.py'), shell, file(shell), line], { cwd: folder, env: { ...process.env, HOME: scratch, TERM: 'dumb' } });
        assert.equal(stdout, `${completed}|`, `${shell}: ${line}`);
      }
    if (missing.length > 0) skip(`there is no ${missing.join(', no ')}`);
  },
};
