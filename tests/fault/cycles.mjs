// A small world for the faults: three collectors of both layouts, a first cycle in an empty database, and the next one,
// five minutes later, in which there is something new.
import assert from 'node:assert/strict';
import { cp, mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';

import { sleep } from '../tools/processes.mjs';
import { differences, kFilesQuery, truthOf, viewDifferences, viewSteppedBack } from '../tools/truth.mjs';
import { effects, startWorld } from '../tools/world.mjs';

const kIds = ['rrc00', 'rrc01', 'route-views2'];
const kMonth = '2026.11';
const kCycle = 5 * 60_000;
const kEarliest = Date.UTC(2026, 10, 3, 4, 5);

/** A moment after which the next five minutes bring new files of each layout, and no other change. */
async function quietMoment(archive) {
  for (let time = kEarliest; time < kEarliest + 86_400_000; time += kCycle) {
    await archive.setClock(time + kCycle);
    const files = [...(await truthOf(archive, [kMonth])).values()];
    const fresh = files.filter(({ published }) => Date.parse(published) > time);
    const growing = files.some(({ published, whole }) => Date.parse(published) <= time && Date.parse(whole) > time);
    if (!growing && new Set(fresh.map(({ collector }) => collector)).size === kIds.length) return time;
  }
  throw new Error('no such moment in a day');
}

// Copies of all tables and of where their sequences stand; and back from there. Much faster than a database for each step.
const kSave = `
  CREATE SCHEMA saved;
  DO $$ DECLARE name text; BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'broker' LOOP
      EXECUTE format('CREATE TABLE saved.%1$I AS TABLE broker.%1$I', name);
    END LOOP;
  END $$;
  CREATE TABLE saved.all_sequences AS SELECT schemaname, sequencename, last_value FROM pg_sequences WHERE schemaname = 'broker'`;
const kRestore = `
  SET session_replication_role = replica;
  DO $$ DECLARE name text; BEGIN
    EXECUTE (SELECT 'TRUNCATE ' || string_agg(format('broker.%I', tablename), ', ') FROM pg_tables WHERE schemaname = 'broker');
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'broker' LOOP
      EXECUTE format('INSERT INTO broker.%1$I OVERRIDING SYSTEM VALUE SELECT * FROM saved.%1$I', name);
    END LOOP;
    PERFORM setval(format('%I.%I', schemaname, sequencename)::regclass, coalesce(last_value, 1), last_value IS NOT NULL)
      FROM saved.all_sequences;
  END $$`;
const kEmpty = 'DROP SCHEMA IF EXISTS broker, skerry CASCADE';

/** The checks of one cycle: `first` in an empty database, or `next`. */
export async function prepare(cycle) {
  const world = await startWorld({ time: kEarliest, ids: kIds });
  const time = await quietMoment(world.archive);
  await world.setTime(time);
  let template = { name: 'template0', data: null };
  let viewBefore = null;
  if (cycle === 'next') {
    template = await world.place('before');
    const { code, stderr } = await world.run(template, ['update', '--once']);
    assert.equal(code, 0, stderr);
    viewBefore = await world.view(template);
    await world.query(template, kSave);
    await world.setTime(time + kCycle);
  }
  const truth = await truthOf(world.archive, [kMonth]);
  return {
    world,
    truth,
    viewBefore,
    /** A database and a data folder as they are before the cycle. */
    async place(name) {
      const place = await world.place(name, template.name);
      if (template.data) await cp(template.data, place.data, { recursive: true });
      return place;
    },
    /** Makes a place as it was before the cycle again, also where somebody is dying in it. */
    async renew(place) {
      await world.admin.query(`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '${place.name}'`);
      await world.query(place, cycle === 'next' ? kRestore : kEmpty);
      await rm(place.data, { recursive: true });
      await (template.data ? cp(template.data, place.data, { recursive: true }) : mkdir(place.data));
    },
    update: (place, more) => world.run(place, ['update', '--once'], more),
    /** Runs the updater until it is content, as cron would; a dead updater's lock may live on for a moment. */
    async recover(place) {
      for (let attempt = 1; ; ++attempt) {
        const { code, stderr } = await world.run(place, ['update', '--once']);
        if (code === 0) return;
        assert.ok(attempt < 20 && /update_running/.test(stderr), `the next run: exit code ${code}\n${stderr}`);
        await sleep(50);
      }
    },
    /** What must be so after anything: what is there is right, and the view has not gone back. */
    async checkUnfinished(place) {
      const wrong = differences(truth, await filesOf(world, place)).filter((line) => !line.includes(': missing'));
      const view = await world.view(place);
      if (viewBefore) assert.ok(view, 'the view is still there');
      if (view) wrong.push(...viewSteppedBack(viewBefore, view));
      assert.deepEqual(wrong, []);
    },
    /** What must be so after a cycle. */
    async checkFinished(place) {
      const view = await world.view(place);
      assert.ok(view, 'there is a view');
      assert.deepEqual(differences(truth, await filesOf(world, place)), []);
      assert.deepEqual(viewDifferences(truth, view), []);
      assert.deepEqual(viewSteppedBack(viewBefore, view), []);
    },
  };
}

export async function filesOf(world, place) {
  const made = "SELECT to_regclass('broker.files') IS NOT NULL AND to_regproc('broker.file_name') IS NOT NULL";
  const [[there]] = await world.query(place, made);
  return there === 't' ? world.query(place, kFilesQuery) : [];
}

/** Environment and record for counting the program's effects in a place (effects.c). */
export async function counting(world, place, settings = {}) {
  const file = join(world.folder, `${place.name}.effects`);
  const record = await open(file, 'w+');
  await record.truncate(1 << 16);
  return {
    environment: {
      LD_PRELOAD: `${world.clock.library}:${effects}`,
      EFFECTS_RECORD: file,
      EFFECTS_FOLDER: place.data,
      EFFECTS_HTTP_PORT: String(world.archive.port),
      SKERRY_UPDATE_CONCURRENCY: '1', // so that the effects of two runs come in nearly the same order
      SKERRY_UPDATE_PER_HOST: '1',
      ...settings,
    },
    /** The kinds of the effects, a letter for each. */
    async read() {
      const head = Buffer.alloc(8);
      await record.read(head, 0, 8, 0);
      const kinds = Buffer.alloc(Number(head.readBigInt64LE()));
      await record.read(kinds, 0, kinds.length, 8);
      await record.close();
      await rm(file);
      return kinds.toString('latin1');
    },
  };
}
