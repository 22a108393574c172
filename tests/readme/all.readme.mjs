// What README.md beside this says, for every README.
import assert from 'node:assert/strict';
import { cp, mkdir, readFile, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';

import { build, freePort, run, scratchFolder, start, stop, top, until } from '../tools/processes.mjs';
import { anchorsOf, blocksOf, firstColumn, indentedOf, linksOf, spansOf } from './markdown.mjs';
import { commandLines, commandsOf, runsOn } from './shell.mjs';

const program = join(build, 'skerry');
const kSecrets = { HEALTH_CHECK_CODE: 'of-health', METRICS_CODE: 'of-metrics', SKERRY_EVENTS_INGEST_SECRET: 'of-ingest' };
const kPorts = ['8080', '8081', '8088', '8787'];

const listed = async (...patterns) => (await run('git', ['ls-files', '--', ...patterns], { cwd: top, maxBuffer: 1 << 24 })).stdout.trim().split('\n');
const files = await Promise.all(
  (await listed('README.md', '*/README.md', 'CONTRIBUTING.md', 'native-host/*.md')).map(async (name) => ({ name, text: await readFile(join(top, name), 'utf8') })),
);
const all = (read) => files.flatMap(({ name, text }) => read(text).map((found) => ({ ...found, name, at: `${name}:${found.line}` })));
const blocks = all(blocksOf);

/** The environment of the commands; nothing of that of the checks themselves. */
const environment = (more = {}) => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^SKERRY_(?!CACHE$|TEST_)/.test(name))),
  PATH: [build, dirname(process.env.SKERRY_WASMTIME ?? ''), process.env.PATH].join(':'),
  ...more,
});

/** Tries everything, and says at last what was wrong with each. */
async function each(list, check) {
  const wrong = [];
  for (const item of list) {
    try {
      await check(item);
    } catch (error) {
      wrong.push(`${item.at}: ${error.message}`);
    }
  }
  assert.equal(wrong.length, 0, `\n${wrong.join('\n')}`);
  assert.ok(list.length > 0, 'there is something to check');
  return `${list.length}`;
}

// --- commands ----------------------------------------------------------------------------------------------------------

/** A folder that looks like the repository's root, and in which commands may write. */
async function likeTheRoot() {
  const folder = await scratchFolder();
  for (const name of await readdir(top))
    if (!['build', 'wrangler', '.skerry', '.git', '.wrangler'].includes(name)) await symlink(join(top, name), join(folder, name));
  await mkdir(join(folder, 'build'));
  await symlink(build, join(folder, 'build', 'native'));
  await cp(join(top, 'wrangler'), join(folder, 'wrangler'), { recursive: true });
  await writeFile(join(folder, '.curlrc'), 'fail-with-body\nsilent\nshow-error\n');
  return folder;
}

/** The script of a block: what runs until it is stopped runs beside the rest, and has to be there at its end. */
const scriptOf = (text, ports) => `set -euo pipefail
servers=()
trap 'status=$?; kill "\${servers[@]}" 2>/dev/null || true; wait; exit $status' EXIT
there() { # there PID COMMAND...: once the command is true, and no longer than the process is there
  local pid=$1; shift
  until "$@"; do kill -0 "$pid" 2>/dev/null || { cat "$SCRATCH"/beside-*; echo 'it has ended'; exit 1; }; sleep 0.05; done
}
answers() { curl --no-fail-with-body --output /dev/null "http://127.0.0.1:$1/" 2>/dev/null; }
${commandLines(text)
  .map((line, i) => {
    const on = runsOn(line);
    const rewritten = line.replaceAll(new RegExp(`\\b(${kPorts.join('|')})\\b`, 'g'), (port) => ports[port]);
    if (on === null) return rewritten;
    const log = `"$SCRATCH/beside-${i}"`;
    const ready = on === 'printed' ? `test -s ${log}` : `answers ${ports[on] ?? on}`;
    return `{ exec ${rewritten.replace(/\s+#[^'"\n]*$/, '')}\n} >${log} 2>&1 & servers+=($!); there $! ${ready}`;
  })
  .join('\n')}
for pid in "\${servers[@]}"; do kill -0 "$pid" 2>/dev/null || { cat "$SCRATCH"/beside-*; echo 'it has ended'; exit 1; }; done
`;

async function runBlock(block, folder, ports) {
  // What serves by itself gets ports and a data folder of its own.
  const serves = commandLines(block.text).some((line) => runsOn(line) === 8080);
  const own = serves ? { 8080: await freePort(), 8081: await freePort() } : {};
  const here = { ...ports, ...own, 8088: await freePort(), 8787: await freePort() };
  const capnp = await readFile(join(top, 'wrangler/workerd.capnp'), 'utf8');
  await writeFile(join(folder, 'wrangler/workerd.capnp'), capnp.replaceAll(/\b(8080|8081|8787)\b/g, (port) => here[port]));
  const scratch = await scratchFolder();
  const env = environment({
    ...kSecrets,
    CURL_HOME: folder,
    SCRATCH: scratch,
    SKERRY_ARCHIVE: 'replica',
    SKERRY_ACCESS_LOG: 'false',
    SKERRY_LISTEN: `127.0.0.1:${here[8080]}`,
    SKERRY_KV_LISTEN: `127.0.0.1:${here[8081]}`,
    ...(serves ? { SKERRY_DATA_DIR: join(scratch, 'data') } : {}),
  });
  const child = start('timeout', ['60', 'bash', '-c', scriptOf(block.text, here)], { cwd: folder, env });
  const code = await child.ended;
  assert.equal(code, 0, `ended with ${code}\n${child.printed.slice(-3000)}${child.said.slice(-3000)}`);
}

/** The help of a command of skerry: `events tail`. */
const helps = new Map();
const helpOf = async (words) => {
  const name = words.join(' ');
  if (!helps.has(name)) helps.set(name, run(program, [...words, '--help'], { env: environment() }).then(({ stdout }) => stdout));
  return helps.get(name);
};
const has = (help, flag) => new RegExp(`(^|[\\s,])${flag}(?![\\w-])`, 'm').test(help);

/** Refuses a command of skerry that is not there, or a flag that its help does not name. */
async function checkCall(words) {
  const path = [];
  let help = await helpOf([]);
  const known = [help];
  const subcommands = () => [...(/\nSubcommands:\n((?: .*\n)+)/.exec(help)?.[1] ?? '').matchAll(/^ {2}(\w+)/gm)].map(([, name]) => name);
  for (let i = 0; i < words.length; ++i) {
    const word = words[i];
    if (word.startsWith('-')) {
      const flag = word.split('=')[0];
      assert.ok(known.some((text) => has(text, flag)), `skerry ${path.join(' ')} has no flag ${flag}`);
      if (known.some((text) => new RegExp(`(^|[\\s,])${flag} [A-Z]+(=[A-Z]+)?( |$)`, 'm').test(text)) && !word.includes('=')) ++i;
    } else if (subcommands().length > 0) {
      assert.ok(subcommands().includes(word), `skerry has no command ${[...path, word].join(' ')}`);
      path.push(word);
      help = await helpOf(path);
      known.push(help);
    }
  }
}

async function checkCommand(words) {
  const [command, ...rest] = words;
  if (command === 'skerry' || command.endsWith('/skerry')) return checkCall(rest);
  if (command === './test') {
    const { stdout } = await run(join(top, 'test'), ['--list']);
    for (const stage of rest.filter((word) => !word.startsWith('-'))) assert.ok(new RegExp(`^${stage} `, 'm').test(stdout), `./test has no stage ${stage}`);
  }
  if (command.includes('/') && !command.startsWith('build/') && !command.startsWith('/'))
    assert.ok(((await stat(join(top, command))).mode & 0o111) !== 0, `${command} can't be run`);
}

// --- settings ----------------------------------------------------------------------------------------------------------

async function settings() {
  const names = Object.keys(JSON.parse((await run(program, ['config', '--json'], { env: environment(), cwd: await scratchFolder() })).stdout));
  // Not all of them are the native host's, too.
  const declared = (await Promise.all((await listed('functions/*/settings.hpp')).map((name) => readFile(join(top, name), 'utf8')))).join('\n');
  const plain = [...declared.matchAll(/\.name = "(\w+)"/g)].map(([, name]) => name).concat(
    names.filter((name) => name.startsWith('functions.')).map((name) => name.split('.')[2]),
  );
  const sections = new Set(names.filter((name) => name.includes('.')).map((name) => name.split('.')[0]));
  return {
    sections,
    is: (name) => names.includes(name) || names.some((known) => known.startsWith(`${name}.`)),
    isOfFunction: (name) => plain.includes(name),
    /** `SKERRY_LISTEN`; also as an edge has it: `SKERRY_GZIP`. */
    variables: new Set([...names, ...plain].map((name) => `SKERRY_${name.toUpperCase().replaceAll('.', '_')}`)),
  };
}

const notAnExtension = (name) => !/\.(cpp|hpp|mjs|js|json|jsonc|toml|yml|md|service|timer|conf|sqlite3|capnp|c|in|cases|log|cron|lua)$/.test(name);

export const checks = {
  async 'every block of commands runs as it is written, or says why not'() {
    const commands = blocks.filter(({ language }) => ['sh', 'bash', 'shell', 'console'].includes(language));
    assert.deepEqual(commands.filter(({ notRun }) => notRun === '').map(({ at }) => at), [], 'a comment `not run` names its reason');
    const folder = await likeTheRoot();
    const ports = { 8080: await freePort(), 8081: await freePort() };
    const skerry = start(program, ['up'], {
      cwd: folder,
      env: environment({
        ...kSecrets,
        SKERRY_ARCHIVE: 'replica',
        SKERRY_ACCESS_LOG: 'false',
        SKERRY_LISTEN: `127.0.0.1:${ports[8080]}`,
        SKERRY_KV_LISTEN: `127.0.0.1:${ports[8081]}`,
      }),
    });
    await until('the first cycle', () => skerry.said.includes('Ctrl-C stops everything'), { child: skerry, seconds: 120 });
    const ran = await each(commands.filter(({ notRun }) => notRun === undefined), (block) => runBlock(block, folder, ports));
    assert.equal(await stop(skerry), 0, skerry.said);
    return `${ran} of ${commands.length} blocks`;
  },

  async 'every command and each of its flags is there'() {
    const inBlocks = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap((block) => commandLines(block.text).flatMap((line) => commandsOf(line).map((words) => ({ at: block.at, words }))));
    const inSpans = all(spansOf)
      .filter(({ text }) => /^(skerry|\.\/test) /.test(text))
      .flatMap(({ at, text }) => commandsOf(text).map((words) => ({ at, words })));
    return each([...inBlocks, ...inSpans], ({ words }) => checkCommand(words));
  },

  async 'commands stand in fences, where they can be found'() {
    assert.deepEqual(
      all(indentedOf)
        .filter(({ text }) => /^(\$|skerry|curl|cmake|ctest|ninja|wrangler|workerd|wasmtime|\.\/|[\w-]+\/[\w/-]+ )/.test(text))
        .map(({ at }) => at),
      [],
    );
  },

  async 'every block of settings is accepted'() {
    const folder = await scratchFolder();
    return each(
      blocks.filter(({ language, notRun }) => language === 'toml' && notRun === undefined),
      async ({ text }) => {
        const config = join(folder, 'block.toml');
        await writeFile(config, text);
        const { stderr } = await run(program, ['--config', config, 'config'], { cwd: folder, env: environment() }).catch((error) => error);
        assert.equal(stderr, '');
      },
    );
  },

  async 'every setting that is named exists'() {
    const { sections, is, isOfFunction, variables } = await settings();
    const named = all(spansOf)
      .map((span) => ({ ...span, text: /^([\w.]+)( = .*)?$/.exec(span.text)?.[1] ?? '' }))
      .filter(({ text }) => /^[a-z]\w*(\.\w+)+$/.test(text) && sections.has(text.split('.')[0]) && notAnExtension(text));
    const inTables = all((text) => firstColumn(text, 'setting'));
    const inEnvironment = all(spansOf).filter(({ text }) => /^SKERRY_[A-Z_]+(=.*)?$/.test(text));
    const sources = (await listed('*.mjs', '*.cpp', '*.hpp', '*.jsonc', 'test', 'tests/*/*', 'shared/tools/*')).filter((name) => !name.endsWith('.md'));
    const text = (await Promise.all(sources.map((name) => readFile(join(top, name), 'utf8').catch(() => '')))).join('\n');
    const list = [
      ...named.map((found) => ({ ...found, good: () => is(found.text) || found.text.startsWith('events.send') })),
      ...inTables.map((found) => ({ ...found, good: () => is(found.text) || isOfFunction(found.text) })),
      // Also those of the tests and the tools, and what an edge alone has.
      ...inEnvironment.map((found) => {
        const name = found.text.split('=')[0];
        return { ...found, good: () => variables.has(name) || new RegExp(`\\b${name}\\b`).test(text) };
      }),
    ];
    return each(list, ({ text: name, good }) => assert.ok(good(), `there is no setting ${name}`));
  },

  async 'every link within the repository leads to a file, and to a heading of it'() {
    return each(
      all(linksOf).filter(({ target }) => !/^[a-z]+:/.test(target)),
      async ({ name, target }) => {
        const [path, anchor] = target.split('#');
        const file = path === '' ? name : normalize(join(dirname(name), path));
        assert.ok(await stat(join(top, file)).catch(() => null), `there is no file ${file}`);
        if (anchor === undefined) return;
        assert.ok(anchorsOf(await readFile(join(top, file), 'utf8')).includes(anchor), `${file} has no heading #${anchor}`);
      },
    );
  },

  async 'the README can be read at once'() {
    const { text } = files.find(({ name }) => name === 'README.md');
    const lines = text.split('\n').length - 1;
    assert.ok(lines <= 150, `${lines} lines`);
    return `${lines} lines`;
  },
};
