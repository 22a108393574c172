-- Databases of before every owner of tables had a schema of its own: the index moves from `public` to `broker`, with all
-- its rows, and so do the names of the migrations that were applied. What is left is one row more in public.migrations,
-- which makes an older program say that the database is a newer one's. In any other database nothing happens.
DO $$
DECLARE
  -- That of the updater, which an older program's session holds for a cycle.
  updaters_lock CONSTANT bigint := 5428190433518011138;
BEGIN
  IF (SELECT count(*) FROM pg_attribute WHERE attrelid = to_regclass('public.migrations')
      AND attname IN ('name', 'checksum', 'applied') AND NOT attisdropped) <> 3 THEN
    RETURN;
  END IF;
  IF NOT EXISTS (SELECT FROM public.migrations WHERE name = '0001_broker')
     OR EXISTS (SELECT FROM public.migrations WHERE name = '9999_moved_to_schema_broker') THEN
    RETURN;
  END IF;
  IF NOT pg_try_advisory_xact_lock(updaters_lock) THEN
    BEGIN
      PERFORM pg_advisory_xact_lock(updaters_lock);
    EXCEPTION WHEN lock_not_available THEN
      RAISE EXCEPTION USING ERRCODE = 'lock_not_available', MESSAGE = 'an older skerry is updating this database'
        || coalesce((SELECT ', process ' || l.pid || coalesce(' (' || nullif(a.application_name, '') || ')', '')
                     FROM pg_locks l LEFT JOIN pg_stat_activity a USING (pid)
                     WHERE l.locktype = 'advisory' AND l.granted AND l.classid::bigint = updaters_lock >> 32
                       AND l.objid::bigint = updaters_lock & 4294967295 AND l.objsubid = 1 LIMIT 1), '')
        || ': stop it, the newer one takes its place';
    END;
  END IF;
  LOCK TABLE public.migrations, public.collectors, public.listings, public.files, public.latest_file, public.update_meta
    IN ACCESS EXCLUSIVE MODE;
  ALTER TYPE public.layout SET SCHEMA broker;
  ALTER TYPE public.data_type SET SCHEMA broker;
  ALTER FUNCTION public.file_name(broker.layout, broker.data_type, timestamp, text) SET SCHEMA broker;
  ALTER TABLE public.collectors SET SCHEMA broker;
  ALTER TABLE public.listings SET SCHEMA broker;
  ALTER TABLE public.files SET SCHEMA broker;
  ALTER TABLE public.latest_file SET SCHEMA broker;
  ALTER TABLE public.update_meta SET SCHEMA broker;
  ALTER VIEW public.latest_times SET SCHEMA broker;
  INSERT INTO skerry.migrations (owner, name, checksum, applied)
    SELECT 'broker', name, checksum, applied FROM public.migrations;
  INSERT INTO public.migrations (name, checksum) VALUES ('9999_moved_to_schema_broker', '');
END $$;
