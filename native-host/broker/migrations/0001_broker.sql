-- The archive index. All times are UTC, without zone, as the broker's API shows them.

-- Route collectors. `key` is what the large table stores. Collectors that left the configuration stay, inactive.
CREATE TYPE layout AS ENUM ('riperis', 'routeviews');
CREATE TABLE collectors (
  id         text COLLATE "C" PRIMARY KEY,
  key        smallint GENERATED ALWAYS AS IDENTITY UNIQUE,
  project    text NOT NULL,
  layout     layout NOT NULL,
  url        text NOT NULL,
  deprecated boolean NOT NULL DEFAULT false,
  active     boolean NOT NULL DEFAULT true
);

CREATE TYPE data_type AS ENUM ('rib', 'update');

-- Folders of the archives: where files were seen, and what is needed to ask for what is new in them.
-- `checked` is when a folder was last read or found absent; null: it was tried, never with success.
CREATE TABLE listings (
  id            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  url           text COLLATE "C" NOT NULL UNIQUE,
  collector     smallint NOT NULL REFERENCES collectors (key),
  layout        layout NOT NULL,
  month         date NOT NULL,
  data_type     data_type,
  etag          text NOT NULL DEFAULT '',
  last_modified text NOT NULL DEFAULT '',
  digest        text NOT NULL DEFAULT '',
  checked       timestamp,
  absent        boolean NOT NULL DEFAULT false
);

-- The files. A row stays small: its URL is that of its listing and its name, and a name that keeps to its
-- layout is stored as ''. The key's order is that of searches in all collectors, the index's that of searches in one.
-- There are no foreign keys: one writer fills in `collector` and `listing`, and a check per row would cost a
-- third of a bootstrap.
CREATE TABLE files (
  ts_start   timestamp NOT NULL,
  rough_size bigint NOT NULL,
  exact_size bigint NOT NULL DEFAULT 0,
  first_seen timestamp NOT NULL,
  listing    integer NOT NULL,
  data_type  data_type NOT NULL,
  collector  smallint NOT NULL,
  name       text COLLATE "C" NOT NULL DEFAULT '',
  PRIMARY KEY (ts_start, data_type, collector, name)
);
CREATE INDEX files_of_collector ON files (collector, data_type, ts_start);

-- The newest file of each collector and type: kept by the transaction that adds files, whatever their number.
CREATE TABLE latest_file (
  collector smallint NOT NULL,
  data_type data_type NOT NULL,
  ts_start  timestamp NOT NULL,
  name      text COLLATE "C" NOT NULL,
  PRIMARY KEY (collector, data_type)
);

CREATE FUNCTION file_name(layout layout, data_type data_type, ts_start timestamp, name text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN CASE
  WHEN name <> '' THEN name
  WHEN layout = 'riperis' THEN CASE data_type WHEN 'rib' THEN 'bview.' ELSE 'updates.' END
                               || to_char(ts_start, 'YYYYMMDD.HH24MI') || '.gz'
  ELSE CASE data_type WHEN 'rib' THEN 'rib.' ELSE 'updates.' END
       || to_char(ts_start, 'YYYYMMDD.HH24MI') || '.bz2'
END;

CREATE VIEW latest_times AS
SELECT f.ts_start AS timestamp,
       (now() AT TIME ZONE 'UTC') - f.ts_start AS delay,
       c.id AS collector_id,
       f.data_type::text AS data_type,
       f.rough_size,
       f.exact_size,
       c.project,
       c.url AS collector_url,
       l.url || file_name(l.layout, f.data_type, f.ts_start, f.name) AS item_url
FROM latest_file
JOIN files f USING (ts_start, data_type, collector, name)
JOIN collectors c ON c.key = f.collector
JOIN listings l ON l.id = f.listing
WHERE c.active;

-- One row for each cycle of the updater, for a month.
CREATE TABLE update_meta (
  id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  started       timestamp NOT NULL,
  duration_ms   bigint NOT NULL,
  listings      bigint NOT NULL,
  unchanged     bigint NOT NULL,
  failed        bigint NOT NULL,
  files_added   bigint NOT NULL,
  files_changed bigint NOT NULL,
  bytes         bigint NOT NULL
);
