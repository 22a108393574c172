// A simulated month with faults throughout (tests/soak): at its end, database and view agree with the archives, file by file.
import { soak } from '../soak/soak.mjs';

export const benchmarks = [
  { name: 'soak_differences', unit: 'files', better: 'lower', goal: 0 },
  { name: 'soak_memory', unit: 'MB', better: 'lower', goal: 64 },
];

const kIds = ['rrc00', 'rrc01', 'rrc21', 'route-views2', 'route-views.linx', 'route-views.sg', 'amsix.ams', 'hkix.hkg'];

export async function measure() {
  const { figures, wrong } = await soak({
    ids: kIds,
    begin: Date.UTC(2026, 10, 1),
    end: Date.UTC(2026, 11, 3, 2),
    step: 15 * 60_000,
    seed: 4,
    killsUntil: Date.UTC(2026, 10, 15),
    say: (time, { cycles, faults }) => console.error(`soak: ${time}, ${cycles} cycles, ${faults} faults`),
  });
  if (wrong.length > 0) console.error(wrong.slice(0, 50).join('\n'));
  const { cycles, failed, faults, kills, programRuns, programKills, crashes, requests, bytes, files, rss, seconds } = figures;
  const [rssBegin, rssEnd] = rss.map((megabytes) => megabytes.toFixed(1));
  return {
    soak_differences: {
      ours: wrong.length,
      note:
        `a month and two days, a cycle each 15 minutes, ${kIds.length} collectors, ${files} files: ${cycles} cycles (${Object.values(failed).reduce((a, b) => a + b, 0)} failed as a whole, ` +
        `${programRuns} of them \`update --once\`), ${faults} faults, ${kills + programKills} kills, ${crashes} crashes of PostgreSQL; ` +
        `${requests} requests, ${(bytes / 1e6).toFixed(0)} MB, ${Math.round(seconds)} s`,
    },
    soak_memory: {
      ours: rss[1],
      note: `resident size of the updater at the end; ${rssBegin} MB on the 15th, when it had begun, ${rssEnd} MB after the rest of the month`,
    },
  };
}
