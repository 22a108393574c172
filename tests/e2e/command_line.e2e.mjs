// The command line as a whole, each command of it, found by walking the help pages from the top: help, slips of the pen,
// failures with --json, exit codes; the manual, the sample of settings, and completions in the shells themselves.
import assert from 'node:assert/strict';
import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';

import { build, run, scratchFolder, stop, top, until } from '../tools/processes.mjs';
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

export const checks = {
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
      [['config', 'updat.interval'], /the nearest is "update.interval"/],
      [['--set', 'lisen=1', 'config'], /Do you mean "listen"/],
      [[], /`skerry --help`/],
    ]) {
      const { code, stdout, stderr } = await call(args, options);
      assert.equal(code, 2, args.join(' '));
      assert.match(stderr, said, args.join(' '));
      assert.match(stderr, /^skerry: /, args.join(' '));
      assert.equal(stdout, '', args.join(' '));
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
    // Uninstalled by the manifest (native-host/docs/upgrade.md), nothing is left.
    const installed = (await readFile(join(build, 'install_manifest.txt'), 'utf8')).split('\n').filter((line) => line !== '');
    assert.ok(installed.length >= 8 && installed.every((path) => path.startsWith(`${prefix}/`)), installed.join('\n'));
    for (const path of installed) await rm(path);
    const left = (await readdir(prefix, { recursive: true, withFileTypes: true })).filter((entry) => !entry.isDirectory());
    assert.deepEqual(left.map(({ name }) => name), []);
  },

  async 'bash, zsh and fish complete commands, flags, their values and settings'({ skip }) {
    const folder = await scratchFolder();
    const file = (shell) => join(folder, `completions.${shell}`);
    for (const shell of ['bash', 'zsh', 'fish']) await writeFile(file(shell), (await call(['completions', shell], await plain())).stdout);
    // Each prints what its Tab offers for a line.
    await writeFile(
      join(folder, 'ask.bash'),
      `source "$1"; IFS=' ' read -ra COMP_WORDS <<<"$2"; [[ $2 != *' ' ]] || COMP_WORDS+=(''); COMP_CWORD=$((\${#COMP_WORDS[@]} - 1))\n_skerry; printf '%s\\n' "\${COMPREPLY[@]}"\n`,
    );
    await writeFile(
      join(folder, 'ask.zsh'),
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
    const ask = {
      bash: (line) => run('bash', ['--norc', join(folder, 'ask.bash'), file('bash'), line]),
      zsh: (line) => run('timeout', ['60', 'zsh', '-f', join(folder, 'ask.zsh'), file('zsh'), line, join(folder, `zsh-${++asked}`)]),
      fish: (line) => run('fish', ['--no-config', '-c', 'source $argv[1]; complete -C $argv[2]', file('fish'), line], { env: { ...process.env, HOME: folder } }),
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
      ])
        assert.deepEqual(await offered(line), expected, what(line));
      // Below each command all that there is.
      for (const path of [[], ['events']]) {
        const line = ['skerry', ...path, ''].join(' ');
        const words = (await offered(line)).filter((word) => !word.startsWith('-'));
        assert.deepEqual(words, below(...path), what(line));
      }
      assert.ok((await offered('skerry gaps --')).includes('--since'), what('gaps'));
    }
    if (missing.length > 0) skip(`there is no ${missing.join(', no ')}`);
  },
};
