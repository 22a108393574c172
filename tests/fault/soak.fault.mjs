// Some days around a month's turn in which everything fails, all the time. The whole month: tests/bench/soak_bench.mjs.
import assert from 'node:assert/strict';

import { soak } from '../soak/soak.mjs';

export const checks = {
  async 'two days with faults throughout end without a difference'() {
    const { figures, wrong } = await soak({
      ids: ['rrc00', 'rrc21', 'route-views2', 'route-views.linx', 'amsix.ams'],
      begin: Date.UTC(2026, 10, 30, 20),
      end: Date.UTC(2026, 11, 2, 22),
      seed: Number(process.env.SKERRY_SOAK_SEED ?? 1),
      say: process.env.SKERRY_SOAK_SAY ? console.log : undefined,
    });
    assert.deepEqual(wrong.slice(0, 20), [], JSON.stringify(figures));
    const { kills, programKills, crashes, faults } = figures;
    for (const [what, count] of Object.entries({ kills, programKills, crashes, faults })) assert.ok(count > 0, `no ${what}`);
    return JSON.stringify(figures);
  },
};
