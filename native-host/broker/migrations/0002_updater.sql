-- What the updater remembers of its own work, so that it asks little and an operator sees what is wrong.

-- Layouts of other archives: a file of one always has its name in `files.name`.
ALTER TYPE layout ADD VALUE 'custom';

-- `read`: when the listing itself last came whole, not only the word that it is unchanged.
-- `failing_since`, `failures`, `error`: the failures in a row, up to the last try; null, 0 and '' after a good one.
ALTER TABLE listings
  ADD read          timestamp,
  ADD failing_since timestamp,
  ADD failures      integer NOT NULL DEFAULT 0,
  ADD error         text NOT NULL DEFAULT '';

-- When the archive changed the file last, in minutes since 1970 of its own time zone: another date than before
-- makes the exact size doubtful.
ALTER TABLE files ADD listed integer;

-- `probes`: single files that were asked for. `error`: why the cycle failed as a whole, or ''.
ALTER TABLE update_meta
  ADD probes bigint NOT NULL DEFAULT 0,
  ADD error  text NOT NULL DEFAULT '';
