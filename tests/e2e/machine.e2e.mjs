// The program as a machine's service: its units under a systemd that booted, its line under a cron that runs.
import assert from 'node:assert/strict';

import { build, top } from '../tools/processes.mjs';
import { withMachine } from '../tools/machine.mjs';

const kCollectors = [
  { id: 'rrc00', project: 'riperis', url: 'http://127.0.0.1:9000/data.ris.ripe.net/rrc00' },
  { id: 'route-views2', project: 'routeviews', url: 'http://127.0.0.1:9000/archive.routeviews.org/route-views2/bgpdata' },
];
const kSettings = `
data_dir = "/var/lib/skerry"
listen = "127.0.0.1:8080"
kv_listen = ""
access_log = false
log.format = "json"
collectors_file = "/etc/skerry/collectors.json"
collectors = ${JSON.stringify(kCollectors.map(({ id }) => id))}
`;

/** As native-host/README.md says, and an archive on the same machine. */
async function install(machine) {
  await machine.must(`
    cmake --install '${build}' >/dev/null
    systemd-sysusers
    install -d -o skerry -g skerry -m 700 /var/lib/skerry
    install -d /etc/skerry
    cat >/etc/skerry/skerry.toml <<'END'\n${kSettings}\nEND
    cat >/etc/skerry/collectors.json <<'END'\n${JSON.stringify(kCollectors)}\nEND
    install -m 640 -g skerry /dev/null /etc/skerry/environment
    setsid '${build}/archive-replica' --listen 127.0.0.1:9000 --clock now >/dev/null 2>&1 &
    until curl -fs http://127.0.0.1:9000/ >/dev/null; do sleep 0.1; done`);
}

const get = (path) => `curl -fsS http://127.0.0.1:8080${path}`;
const properties = async (machine, unit, ...names) =>
  Object.fromEntries((await machine.must(`systemctl show ${unit} --property=${names.join(',')}`)).split('\n').map((line) => line.split(/=(.*)/s).slice(0, 2)));
const events = async (machine, unit) =>
  (await machine.must(`journalctl --unit=${unit} --output=cat --no-pager`)).split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line).event);
/** Of the user skerry, by name, without those that have ended; false where there are none. */
const kProcesses = "ps -u skerry -o s=,comm= | sed -n 's/^[^Z] *//p' | grep .";
const processes = (machine) => machine.must(`${kProcesses} || true`);
/** The unit of the server alone, as its first lines say. */
const kServeAlone = `
  mkdir -p /etc/systemd/system/skerry.service.d
  printf '[Service]\\nExecStart=\\nExecStart=/usr/local/bin/skerry serve\\n' >/etc/systemd/system/skerry.service.d/override.conf
  systemctl daemon-reload`;

/** As the user skerry, without a session of PAM's. */
const asSkerry = (command) => `setpriv --reuid=skerry --regid=skerry --init-groups env -C / HOME=/var/lib/skerry ${command}`;

/** The server and all that it needs are well, which is looked at now. */
async function isWell(machine) {
  const body = await machine.must('curl -s http://127.0.0.1:8080/health?code=c');
  assert.equal(JSON.parse(body).global_status, true, body);
  assert.ok(JSON.parse(body).ident.includes('database=True'), body);
  await machine.must(get('/readyz'));
}

export const checks = {
  'systemd boots and runs skerry.service: ready, serving, reloaded, fenced in, started again, stopped': ({ skip }) =>
    withMachine({ skip, systemd: true }, async (machine) => {
      await install(machine);
      await machine.must(`
        install -d -m 700 /etc/credstore
        (umask 077; echo geheim >/etc/credstore/health-code)
        systemctl daemon-reload
        systemctl start skerry`); // Type=notify: it returns when the server is ready
      const unit = await properties(machine, 'skerry', 'ActiveState', 'SubState', 'Type', 'MainPID', 'NRestarts');
      assert.deepEqual([unit.ActiveState, unit.SubState, unit.Type, unit.NRestarts], ['active', 'running', 'notify', '0']);
      assert.match(await machine.must(get('/livez')), /ok/);
      await machine.until('the first view', get('/latest'));
      const view = JSON.parse(await machine.must(get('/latest')));
      assert.deepEqual([...new Set(view.latest.map((row) => row.collector_id))].sort(), ['route-views2', 'rrc00']);
      assert.match(await processes(machine), /skerry[\s\S]*postgres/);
      assert.equal(await machine.must("curl -so /dev/null -w '%{http_code}' http://127.0.0.1:8080/health"), '403', 'a secret of the credential store');
      assert.equal((await machine.sh(get('/health?code=geheim'))).code, 0);

      // Whom it runs as, what it may, and what it sees.
      const pid = unit.MainPID;
      const status = await machine.must(`cat /proc/${pid}/status`);
      const field = (name) => new RegExp(`^${name}:\\s+(\\S+)`, 'm').exec(status)[1];
      assert.equal(field('Uid'), await machine.must('id -u skerry'));
      assert.deepEqual(['NoNewPrivs', 'Seccomp'].map(field), ['1', '2']);
      for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb']) assert.match(field(set), /^0+$/, set);
      const inside = (script) => machine.sh(`nsenter --target ${pid} --mount -- sh -c '${script}'`);
      for (const path of ['/usr/x', '/etc/skerry/x', '/var/lib/x'])
        assert.match((await inside(`touch ${path}`)).stderr, /Read-only file system/, path);
      assert.equal((await inside('touch /var/lib/skerry/x && rm /var/lib/skerry/x')).code, 0);
      assert.equal((await inside('ls -A /root /home')).stdout.replace(/^\/.*:$/gm, '').trim(), '', 'no home is seen');
      assert.equal(await machine.must('stat -c "%U %a" /var/lib/skerry'), 'skerry 700');

      await machine.must(`echo 'log.level = "debug"' >>/etc/skerry/skerry.toml; systemctl reload skerry`);
      await machine.until('the reload', 'journalctl --unit=skerry --output=cat | grep -q \'"event":"reloaded"\'');
      assert.equal((await properties(machine, 'skerry', 'MainPID')).MainPID, pid);

      await machine.must(`kill -KILL ${pid}`);
      await machine.until('another start', `test "$(systemctl show skerry --property=NRestarts --value)" = 1 && systemctl is-active skerry`);
      await machine.until('the view again', get('/latest'));
      await machine.until('the database again', `${asSkerry('skerry status')} | grep -q 'PostgreSQL answers'`);

      await machine.must('systemctl stop skerry');
      const stopped = await properties(machine, 'skerry', 'ActiveState', 'Result', 'ExecMainStatus');
      assert.deepEqual(stopped, { ActiveState: 'inactive', Result: 'success', ExecMainStatus: '0' });
      assert.equal(await processes(machine), '', 'nothing of it is left');
      assert.match(await machine.must('tail -n 1 /var/lib/skerry/postgres/server.log'), /database system is shut down/);
      const said = await events(machine, 'skerry');
      for (const event of ['serving', 'reloaded', 'stopping', 'stopped']) assert.ok(said.includes(event), event);
    }),

  'systemd: the updater from its timer, the server beside it; the private database is there between the rounds': ({ skip }) =>
    withMachine({ skip, systemd: true }, async (machine) => {
      await install(machine);
      await machine.must(`echo SKERRY_HEALTH_CODE=c >>/etc/skerry/environment; ${kServeAlone}; systemctl start skerry`);
      assert.equal(await processes(machine), 'skerry', 'nobody has made a database yet');
      // Every few seconds instead of minutes.
      await machine.must(`
        mkdir -p /etc/systemd/system/skerry-update.timer.d
        printf '[Timer]\\nOnCalendar=\\nOnCalendar=*:*:0/5\\nRandomizedDelaySec=0\\n' >/etc/systemd/system/skerry-update.timer.d/often.conf
        systemctl daemon-reload
        systemctl start skerry-update.timer`);
      const rounds = 'journalctl --unit=skerry-update --output=cat | grep -c \'"event":"cycle_done"\'';
      await machine.until('two rounds', `test "$(${rounds})" -ge 2`, 120);
      await machine.must('systemctl stop skerry-update.timer');
      await machine.until('the end of the last round', 'test "$(systemctl show skerry-update --property=ActiveState --value)" = inactive');
      assert.equal((await properties(machine, 'skerry-update', 'Result')).Result, 'success');
      await machine.must(get('/latest'));
      await isWell(machine);
      assert.match(await processes(machine), /postgres/);
      await machine.must('systemctl stop skerry');
      assert.equal(await processes(machine), '', 'the last one stops it');

      // A round alone starts the database, and stops it.
      await machine.must('systemctl start skerry-update');
      assert.equal(await processes(machine), '');
    }),

  'cron runs the shipped line, which knows /etc/skerry, and a server beside it holds the private database': ({ skip }) => {
    // Seconds before cron's turn; the next one comes when the clock is moved.
    const turn = Date.parse('2026-11-21T08:05:00Z');
    return withMachine({ skip, clock: turn - 4000 }, async (machine) => {
      await install(machine);
      await machine.must(`
        printf '#!/bin/sh\\ncat >>/mnt/mail\\n' >/usr/sbin/sendmail && chmod 755 /usr/sbin/sendmail && touch /mnt/mail && chmod 666 /mnt/mail
        : >/etc/crontab
        echo SKERRY_HEALTH_CODE=c >>/etc/skerry/environment
        install -m 644 /usr/local/share/skerry/skerry.cron /etc/cron.d/skerry`);
      assert.match(await machine.must('cat /etc/cron.d/skerry'), /^\*\/5 \* \* \* \* +skerry +\/usr\/local\/bin\/skerry update --once$/m);
      machine.clock.set(turn - 3000);
      await machine.must('setsid /usr/sbin/cron -f >/mnt/cron.log 2>&1 &');
      const stored = asSkerry('skerry latest --stored --json');
      await machine.until('the first round', stored, 90);
      await machine.until('its end', `! ${kProcesses}`);
      assert.equal(await machine.must('cat /mnt/mail'), '', 'nothing to mail');
      const first = JSON.parse(await machine.must(stored)).last_updated_at;

      await machine.must(`${asSkerry('setsid skerry serve')} >/mnt/serve.log 2>&1 &`);
      await machine.until('the server', get('/latest'));
      await machine.until('the database', `${kProcesses} | grep -q postgres`);
      machine.clock.set(turn + 5 * 60_000 - 2000);
      await machine.until('a newer view', `test "$(${stored} | grep -o '"last_updated_at": *"[^"]*"')" != '' && ! ${stored} | grep -q '${first}'`, 120);
      await machine.until('the end of the round', "! ps -u skerry -o args= | grep -q 'update --once'");
      await isWell(machine);
      assert.equal(await machine.must('cat /mnt/mail'), '');

      // What is said in /etc/skerry/environment is known to cron's line, and what fails is mailed.
      await machine.must('echo DATABASE_URL=postgres://nobody@127.0.0.1:1/none >>/etc/skerry/environment');
      machine.clock.set(turn + 10 * 60_000 - 2000);
      await machine.until('a mail', 'grep -q db_unreachable /mnt/mail', 120);
      await machine.must('pkill -TERM -u skerry -x skerry');
      await machine.until('the end', `! ${kProcesses}`);
    });
  },

  'on a system that is neither Debian 12 nor 13 setup names what is missing, and what has it': ({ skip }) =>
    withMachine({ skip }, async (machine) => {
      const setup = () => machine.sh(`SKERRY_CACHE='${process.env.SKERRY_CACHE}' '${top}/shared/tools/setup' build`);
      await machine.must("rm /etc/os-release; printf 'ID=fedora\\nVERSION_ID=41\\n' >/etc/os-release");
      const complete = await setup();
      assert.equal(complete.code, 0, complete.stderr);
      await machine.must('rm /usr/bin/wasm2c /usr/include/sqlite3.h');
      const missing = await setup();
      assert.equal(missing.code, 3, missing.stderr);
      assert.match(missing.stderr, /neither Debian 12 nor 13: install by hand what is missing for 'build': wasm2c \/usr\/include\/sqlite3\.h/);
      assert.match(missing.stderr, /on Debian 13 these packages have it: .*wabt.*libsqlite3-dev.*postgresql-17/);
    }),
};
