// A machine of one's own for a test: a container over this machine's own files (an overlay: what changes there is gone with
// it), without network, in which programs are installed, services run and cron works. With Podman, as root.
import { join } from 'node:path';

import { makeClock } from '../clock/clock.mjs';
import { run, scratchFolder, top, until } from './processes.mjs';

/**
 * How Podman is called; a machine that needs other options says so. Podman's storage is in a folder of the test.
 * The limits are those that need not be raised.
 */
const kPodman = (process.env.SKERRY_PODMAN ?? 'podman --cgroup-manager cgroupfs --runtime runc').split(' ');
const kLimits = ['--ulimit', 'nofile=20000:20000', '--ulimit', 'nproc=1000:1000'];
const kEmpty = ['/tmp', '/run', '/run/lock', '/var/log/journal', '/etc/systemd/system', '/etc/cron.d', '/var/spool/cron/crontabs', '/var/lib/skerry'];
// Enough for systemd to give each service its own view of the files, and for the test to look at it: devices and kernel settings are out of reach.
const kForSystemd = ['--systemd=always', '--cap-add', 'SYS_ADMIN,SYS_PTRACE', '--security-opt', 'seccomp=unconfined', '--security-opt', 'apparmor=unconfined'];

let containers = 0;

/**
 * Runs `work(machine)` with a machine that systemd has booted (`systemd`), or one that runs nothing. With `clock`, a moment in
 * milliseconds, all its programs begin at that time; `machine.clock` moves it. Where no container can run, the check is skipped and says why.
 */
export async function withMachine({ skip, systemd = false, clock }, work) {
  if (process.getuid() !== 0) skip('containers with services of several users need root');
  const folder = await scratchFolder();
  const [podman, ...options] = [
    ...kPodman, '--storage-driver', 'vfs', '--root', join(folder, 'storage'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp'),
  ];
  // Podman itself runs at the machine's own time.
  const clean = { PATH: process.env.PATH, HOME: process.env.HOME ?? '/root' };
  const call = (args, more = {}) =>
    run(podman, [...options, ...args], { env: clean, maxBuffer: 1 << 26, ...more }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error) => ({ code: error.code, stdout: error.stdout ?? '', stderr: error.stderr || error.message }),
    );
  const name = `skerry-test-${process.pid}-${++containers}`;
  const moving = clock === undefined ? null : await makeClock(folder, clock);
  const variables = moving ? ['--env', 'LD_PRELOAD=/mnt/moving_clock.so', '--env', 'MOVING_CLOCK=/mnt/clock'] : [];
  const empty = kEmpty.flatMap((path) => ['--tmpfs', `${path}:notmpcopyup,mode=${path === '/tmp' ? 1777 : 755}`]);
  // A checkout in a folder that is empty there.
  const own = kEmpty.some((path) => top.startsWith(`${path}/`)) ? ['--volume', `${top}:${top}:O`] : [];
  // On a machine of its own systemd shares mounts: what it mounts for one service, as its credentials, is seen by that.
  const init = systemd ? ['sh', '-c', 'mount --make-rshared / && exec /lib/systemd/systemd --unit=basic.target'] : ['sleep', 'infinity'];
  const begun = await call([
    'run', '--detach', '--name', name, '--network', 'none', ...kLimits, ...(systemd ? kForSystemd : []), ...empty, ...variables,
    '--volume', `${folder}:/mnt`, ...own, '--rootfs', '/:O', ...init,
  ]);
  try {
    if (begun.code !== 0) skip(`Podman runs no container here (SKERRY_PODMAN says how it is called): ${begun.stderr.trim().split('\n').pop()}`);
    const machine = {
      /** Of the test, seen from inside as /mnt. */
      folder,
      clock: moving,
      run: (...args) => call(['exec', ...variables, name, ...args]),
      sh: (script) => call(['exec', ...variables, name, 'sh', '-ec', script]),
      /** What must succeed; its output. */
      async must(script) {
        const { code, stdout, stderr } = await machine.sh(script);
        if (code !== 0) throw new Error(`${script}: ${code}\n${stdout}${stderr}`);
        return stdout.trim();
      },
      /** Until a script ends with 0; its output. */
      until: (what, script, seconds = 60) =>
        until(what, () => machine.sh(script).then(({ code, stdout }) => code === 0 && `${stdout.trim()} `), { seconds }),
    };
    if (systemd) {
      let state;
      try {
        await until('systemd', async () => ((state = await machine.run('systemctl', 'is-system-running')), /running|degraded/.test(state.stdout)), { seconds: 30 });
      } catch {
        skip(`systemd does not boot in a container here: ${(state.stderr + (await call(['logs', name])).stderr).trim().split('\n').pop()}`);
      }
    }
    try {
      return await work(machine);
    } catch (error) {
      const seen = (await machine.sh('ps -eo user,pid,ppid,stat,args')).stdout;
      const journal = systemd ? 'journalctl --no-pager --output=cat | tail -n 40' : 'tail -n 40 /mnt/*.log';
      error.stack += `\n${seen}\n${(await machine.sh(journal)).stdout}`;
      throw error;
    }
  } finally {
    await call(['rm', '--force', '--time', '5', name]);
  }
}
