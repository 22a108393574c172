--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: data_type; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.data_type AS ENUM (
    'rib',
    'update'
);


--
-- Name: layout; Type: TYPE; Schema: public; Owner: -
--

CREATE TYPE public.layout AS ENUM (
    'riperis',
    'routeviews',
    'custom'
);


--
-- Name: file_name(public.layout, public.data_type, timestamp without time zone, text); Type: FUNCTION; Schema: public; Owner: -
--

CREATE FUNCTION public.file_name(layout public.layout, data_type public.data_type, ts_start timestamp without time zone, name text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
    RETURN CASE WHEN (name <> ''::text) THEN name WHEN (layout = 'riperis'::public.layout) THEN ((CASE data_type WHEN 'rib'::public.data_type THEN 'bview.'::text ELSE 'updates.'::text END || to_char(ts_start, 'YYYYMMDD.HH24MI'::text)) || '.gz'::text) ELSE ((CASE data_type WHEN 'rib'::public.data_type THEN 'rib.'::text ELSE 'updates.'::text END || to_char(ts_start, 'YYYYMMDD.HH24MI'::text)) || '.bz2'::text) END;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: collectors; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.collectors (
    id text NOT NULL COLLATE pg_catalog."C",
    key smallint NOT NULL,
    project text NOT NULL,
    layout public.layout NOT NULL,
    url text NOT NULL,
    deprecated boolean DEFAULT false NOT NULL,
    active boolean DEFAULT true NOT NULL
);


--
-- Name: collectors_key_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.collectors ALTER COLUMN key ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.collectors_key_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: files; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.files (
    ts_start timestamp without time zone NOT NULL,
    rough_size bigint NOT NULL,
    exact_size bigint DEFAULT 0 NOT NULL,
    first_seen timestamp without time zone NOT NULL,
    listing integer NOT NULL,
    data_type public.data_type NOT NULL,
    collector smallint NOT NULL,
    name text DEFAULT ''::text NOT NULL COLLATE pg_catalog."C",
    listed integer
);


--
-- Name: latest_file; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.latest_file (
    collector smallint NOT NULL,
    data_type public.data_type NOT NULL,
    ts_start timestamp without time zone NOT NULL,
    name text NOT NULL COLLATE pg_catalog."C"
);


--
-- Name: listings; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.listings (
    id integer NOT NULL,
    url text NOT NULL COLLATE pg_catalog."C",
    collector smallint NOT NULL,
    layout public.layout NOT NULL,
    month date NOT NULL,
    data_type public.data_type,
    etag text DEFAULT ''::text NOT NULL,
    last_modified text DEFAULT ''::text NOT NULL,
    digest text DEFAULT ''::text NOT NULL,
    checked timestamp without time zone,
    absent boolean DEFAULT false NOT NULL,
    read timestamp without time zone,
    failing_since timestamp without time zone,
    failures integer DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL
);


--
-- Name: latest_times; Type: VIEW; Schema: public; Owner: -
--

CREATE VIEW public.latest_times AS
 SELECT f.ts_start AS "timestamp",
    ((now() AT TIME ZONE 'UTC'::text) - f.ts_start) AS delay,
    c.id AS collector_id,
    (f.data_type)::text AS data_type,
    f.rough_size,
    f.exact_size,
    c.project,
    c.url AS collector_url,
    (l.url || public.file_name(l.layout, f.data_type, f.ts_start, f.name)) AS item_url
   FROM (((public.latest_file
     JOIN public.files f USING (ts_start, data_type, collector, name))
     JOIN public.collectors c ON ((c.key = f.collector)))
     JOIN public.listings l ON ((l.id = f.listing)))
  WHERE c.active;


--
-- Name: listings_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.listings ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.listings_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Name: migrations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.migrations (
    name text NOT NULL COLLATE pg_catalog."C",
    checksum text NOT NULL,
    applied timestamp with time zone DEFAULT now() NOT NULL
);


--
-- Name: update_meta; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.update_meta (
    id bigint NOT NULL,
    started timestamp without time zone NOT NULL,
    duration_ms bigint NOT NULL,
    listings bigint NOT NULL,
    unchanged bigint NOT NULL,
    failed bigint NOT NULL,
    files_added bigint NOT NULL,
    files_changed bigint NOT NULL,
    bytes bigint NOT NULL,
    probes bigint DEFAULT 0 NOT NULL,
    error text DEFAULT ''::text NOT NULL
);


--
-- Name: update_meta_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

ALTER TABLE public.update_meta ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME public.update_meta_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);


--
-- Data for Name: collectors; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.collectors OVERRIDING SYSTEM VALUE VALUES
	('amsix.ams', 1, 'routeviews', 'routeviews', 'https://archive.routeviews.org/amsix.ams/bgpdata', false, true),
	('cix.atl', 2, 'routeviews', 'routeviews', 'https://archive.routeviews.org/cix.atl/bgpdata', false, true),
	('crix.sjo', 3, 'routeviews', 'routeviews', 'http://archive.routeviews.org/crix.sjo/bgpdata', false, true),
	('decix.fra', 4, 'routeviews', 'routeviews', 'https://archive.routeviews.org/decix.fra/bgpdata', false, true),
	('decix.jhb', 5, 'routeviews', 'routeviews', 'https://archive.routeviews.org/decix.jhb/bgpdata', false, true),
	('getafix.mnl', 6, 'routeviews', 'routeviews', 'http://archive.routeviews.org/getafix.mnl/bgpdata', false, true),
	('hkix.hkg', 7, 'routeviews', 'routeviews', 'http://archive.routeviews.org/hkix.hkg/bgpdata', false, true),
	('iix.cgk', 8, 'routeviews', 'routeviews', 'https://archive.routeviews.org/iix.cgk/bgpdata', false, true),
	('interlan.otp', 9, 'routeviews', 'routeviews', 'https://archive.routeviews.org/interlan.otp/bgpdata', false, true),
	('iraq-ixp.bgw', 10, 'routeviews', 'routeviews', 'https://archive.routeviews.org/iraq-ixp.bgw/bgpdata', false, true),
	('ix-br.gru', 11, 'routeviews', 'routeviews', 'http://archive.routeviews.org/ix-br.gru/bgpdata', false, true),
	('ix-br2.gru', 12, 'routeviews', 'routeviews', 'http://archive.routeviews.org/ix-br2.gru/bgpdata', false, true),
	('ixpn.los', 13, 'routeviews', 'routeviews', 'https://archive.routeviews.org/ixpn.los/bgpdata', false, true),
	('kinx.icn', 14, 'routeviews', 'routeviews', 'https://archive.routeviews.org/kinx.icn/bgpdata', false, true),
	('locix.fra', 15, 'routeviews', 'routeviews', 'https://archive.routeviews.org/locix.fra/bgpdata', false, true),
	('namex.fco', 16, 'routeviews', 'routeviews', 'https://archive.routeviews.org/namex.fco/bgpdata', false, true),
	('netnod.mmx', 17, 'routeviews', 'routeviews', 'http://archive.routeviews.org/netnod.mmx/bgpdata', false, true),
	('pacwave.lax', 18, 'routeviews', 'routeviews', 'https://archive.routeviews.org/pacwave.lax/bgpdata', false, true),
	('pit.scl', 19, 'routeviews', 'routeviews', 'https://archive.routeviews.org/pit.scl/bgpdata', false, true),
	('pitmx.qro', 20, 'routeviews', 'routeviews', 'https://archive.routeviews.org/pitmx.qro/bgpdata', false, true),
	('route-views.amsix', 21, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.amsix/bgpdata', false, true),
	('route-views.bdix', 22, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.bdix/bgpdata', false, true),
	('route-views.bknix', 23, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.bknix/bgpdata', false, true),
	('route-views.chicago', 24, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.chicago/bgpdata', false, true),
	('route-views.chile', 25, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.chile/bgpdata', false, true),
	('route-views.eqix', 26, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.eqix/bgpdata', false, true),
	('route-views.flix', 27, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.flix/bgpdata', false, true),
	('route-views.fortaleza', 28, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.fortaleza/bgpdata', false, true),
	('route-views.gixa', 29, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.gixa/bgpdata', false, true),
	('route-views.gorex', 30, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.gorex/bgpdata', false, true),
	('route-views.isc', 31, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.isc/bgpdata', false, true),
	('route-views.jinx', 32, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.jinx/bgpdata', true, true),
	('route-views.kixp', 33, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.kixp/bgpdata', false, true),
	('route-views.linx', 34, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.linx/bgpdata', false, true),
	('route-views.mwix', 35, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.mwix/bgpdata', false, true),
	('route-views.napafrica', 36, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.napafrica/bgpdata', false, true),
	('route-views.nwax', 37, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.nwax/bgpdata', false, true),
	('route-views.ny', 38, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.ny/bgpdata', false, true),
	('route-views.perth', 39, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.perth/bgpdata', false, true),
	('route-views.peru', 40, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.peru/bgpdata', false, true),
	('route-views.phoix', 41, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.phoix/bgpdata', false, true),
	('route-views.rio', 42, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.rio/bgpdata', false, true),
	('route-views.saopaulo', 43, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.saopaulo/bgpdata', true, true),
	('route-views.sfmix', 44, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.sfmix/bgpdata', false, true),
	('route-views.sg', 45, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.sg/bgpdata', false, true),
	('route-views.siex', 46, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.siex/bgpdata', true, true),
	('route-views.soxrs', 47, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.soxrs/bgpdata', false, true),
	('route-views.sydney', 48, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.sydney/bgpdata', false, true),
	('route-views.telxatl', 49, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.telxatl/bgpdata', false, true),
	('route-views.uaeix', 50, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.uaeix/bgpdata', false, true),
	('route-views.wide', 51, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views.wide/bgpdata', false, true),
	('route-views2', 52, 'routeviews', 'routeviews', 'https://archive.example/archive.routeviews.org/route-views2/bgpdata', false, true),
	('route-views2.saopaulo', 53, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views2.saopaulo/bgpdata', false, true),
	('route-views3', 54, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views3/bgpdata', false, true),
	('route-views4', 55, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views4/bgpdata', false, true),
	('route-views5', 56, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views5/bgpdata', false, true),
	('route-views6', 57, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views6/bgpdata', false, true),
	('route-views7', 58, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views7/bgpdata', false, true),
	('route-views8', 59, 'routeviews', 'routeviews', 'https://archive.routeviews.org/route-views8/bgpdata', false, true),
	('rrc00', 60, 'riperis', 'riperis', 'https://archive.example/data.ris.ripe.net/rrc00', false, true),
	('rrc01', 61, 'riperis', 'riperis', 'https://archive.example/data.ris.ripe.net/rrc01', false, true),
	('rrc02', 62, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc02', true, true),
	('rrc03', 63, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc03', false, true),
	('rrc04', 64, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc04', false, true),
	('rrc05', 65, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc05', false, true),
	('rrc06', 66, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc06', false, true),
	('rrc07', 67, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc07', false, true),
	('rrc08', 68, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc08', true, true),
	('rrc09', 69, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc09', true, true),
	('rrc10', 70, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc10', false, true),
	('rrc11', 71, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc11', false, true),
	('rrc12', 72, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc12', false, true),
	('rrc13', 73, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc13', false, true),
	('rrc14', 74, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc14', false, true),
	('rrc15', 75, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc15', false, true),
	('rrc16', 76, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc16', false, true),
	('rrc18', 77, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc18', false, true),
	('rrc19', 78, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc19', false, true),
	('rrc20', 79, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc20', false, true),
	('rrc21', 80, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc21', false, true),
	('rrc22', 81, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc22', false, true),
	('rrc23', 82, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc23', false, true),
	('rrc24', 83, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc24', false, true),
	('rrc25', 84, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc25', false, true),
	('rrc26', 85, 'riperis', 'riperis', 'https://data.ris.ripe.net/rrc26', false, true);


--
-- Data for Name: files; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.files VALUES
	('2026-11-01 00:00:00', 25165824, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29891569),
	('2026-11-01 00:00:00', 1153433, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891535),
	('2026-11-01 00:15:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891550),
	('2026-11-01 00:30:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891565),
	('2026-11-01 00:45:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891580),
	('2026-11-01 01:00:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891595),
	('2026-11-01 01:15:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891610),
	('2026-11-01 01:30:00', 933888, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891633),
	('2026-11-01 01:45:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891640),
	('2026-11-01 02:00:00', 20971520, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29891737),
	('2026-11-01 02:00:00', 932864, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891655),
	('2026-11-01 02:15:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891670),
	('2026-11-01 02:30:00', 1363148, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891685),
	('2026-11-01 02:45:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891700),
	('2026-11-01 03:00:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891715),
	('2026-11-01 03:15:00', 849920, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891730),
	('2026-11-01 03:30:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891745),
	('2026-11-01 03:45:00', 1153433, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891760),
	('2026-11-01 04:00:00', 19922944, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29891799),
	('2026-11-01 04:00:00', 944128, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891775),
	('2026-11-01 04:15:00', 964608, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891790),
	('2026-11-01 04:30:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891805),
	('2026-11-01 04:45:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891820),
	('2026-11-01 05:00:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891835),
	('2026-11-01 05:15:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891850),
	('2026-11-01 05:30:00', 786432, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891865),
	('2026-11-01 05:45:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891880),
	('2026-11-01 06:00:00', 22020096, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29891955),
	('2026-11-01 06:00:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891895),
	('2026-11-01 06:15:00', 786432, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891910),
	('2026-11-01 06:30:00', 849920, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891925),
	('2026-11-01 06:45:00', 944128, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891940),
	('2026-11-01 07:00:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891955),
	('2026-11-01 07:15:00', 986112, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891998),
	('2026-11-01 07:30:00', 986112, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29891985),
	('2026-11-01 07:45:00', 965632, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892000),
	('2026-11-01 08:00:00', 20971520, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29892051),
	('2026-11-01 08:00:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892015),
	('2026-11-01 08:15:00', 912384, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892030),
	('2026-11-01 08:30:00', 965632, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892045),
	('2026-11-01 08:45:00', 870400, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892060),
	('2026-11-01 09:00:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892075),
	('2026-11-01 09:15:00', 1153433, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892090),
	('2026-11-01 09:30:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892105),
	('2026-11-01 09:45:00', 996352, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892120),
	('2026-11-01 10:00:00', 24117248, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29892135),
	('2026-11-01 10:00:00', 818176, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892135),
	('2026-11-01 10:15:00', 922624, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892150),
	('2026-11-01 10:30:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892165),
	('2026-11-01 10:45:00', 986112, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892180),
	('2026-11-01 11:00:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892195),
	('2026-11-01 11:15:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892210),
	('2026-11-01 11:30:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892225),
	('2026-11-01 11:45:00', 1153433, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892240),
	('2026-11-01 12:00:00', 17825792, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29892316),
	('2026-11-01 12:00:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892255),
	('2026-11-01 12:15:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892270),
	('2026-11-01 12:30:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892285),
	('2026-11-01 12:45:00', 902144, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892300),
	('2026-11-01 13:00:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892315),
	('2026-11-01 13:15:00', 807936, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892348),
	('2026-11-01 13:30:00', 839680, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892345),
	('2026-11-01 13:45:00', 1153433, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892360),
	('2026-11-01 14:00:00', 22020096, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29892398),
	('2026-11-01 14:00:00', 1363148, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892375),
	('2026-11-01 14:15:00', 954368, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892390),
	('2026-11-01 14:30:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892405),
	('2026-11-01 14:45:00', 1258291, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892420),
	('2026-11-01 15:00:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892435),
	('2026-11-01 15:15:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892450),
	('2026-11-01 15:30:00', 944128, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892465),
	('2026-11-01 15:45:00', 838656, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892480),
	('2026-11-01 16:00:00', 23068672, 0, '2026-11-01 18:05:00', 3, 'rib', 52, '', 29892513),
	('2026-11-01 16:00:00', 891904, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892499),
	('2026-11-01 16:15:00', 1048576, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892510),
	('2026-11-01 16:30:00', 796672, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892525),
	('2026-11-01 16:45:00', 933888, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892540),
	('2026-11-01 17:00:00', 890880, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892555),
	('2026-11-01 17:15:00', 828416, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892570),
	('2026-11-01 17:30:00', 975872, 0, '2026-11-01 18:05:00', 4, 'update', 52, '', 29892585),
	('2026-11-01 00:00:00', 195035136, 0, '2026-11-01 18:05:00', 6, 'rib', 60, '', 29891544),
	('2026-11-01 00:00:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891525),
	('2026-11-01 00:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891530),
	('2026-11-01 00:10:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891535),
	('2026-11-01 00:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891540),
	('2026-11-01 00:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891545),
	('2026-11-01 00:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891550),
	('2026-11-01 00:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891555),
	('2026-11-01 00:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891560),
	('2026-11-01 00:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891565),
	('2026-11-01 00:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891570),
	('2026-11-01 00:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891575),
	('2026-11-01 00:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891580),
	('2026-11-01 01:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891585),
	('2026-11-01 01:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891590),
	('2026-11-01 01:10:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891595),
	('2026-11-01 01:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891600),
	('2026-11-01 01:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891605),
	('2026-11-01 01:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891610),
	('2026-11-01 01:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891615);
INSERT INTO public.files VALUES
	('2026-11-01 01:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891620),
	('2026-11-01 01:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891625),
	('2026-11-01 01:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891630),
	('2026-11-01 01:50:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891635),
	('2026-11-01 01:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891640),
	('2026-11-01 02:00:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891645),
	('2026-11-01 02:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891650),
	('2026-11-01 02:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891655),
	('2026-11-01 02:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891660),
	('2026-11-01 02:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891665),
	('2026-11-01 02:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891670),
	('2026-11-01 02:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891675),
	('2026-11-01 02:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891680),
	('2026-11-01 02:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891685),
	('2026-11-01 02:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891690),
	('2026-11-01 02:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891695),
	('2026-11-01 02:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891700),
	('2026-11-01 03:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891705),
	('2026-11-01 03:05:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891710),
	('2026-11-01 03:10:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891715),
	('2026-11-01 03:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891720),
	('2026-11-01 03:20:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891725),
	('2026-11-01 03:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891730),
	('2026-11-01 03:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891735),
	('2026-11-01 03:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891740),
	('2026-11-01 03:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891745),
	('2026-11-01 03:45:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891750),
	('2026-11-01 03:50:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891755),
	('2026-11-01 03:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891760),
	('2026-11-01 04:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891765),
	('2026-11-01 04:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891770),
	('2026-11-01 04:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891775),
	('2026-11-01 04:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891780),
	('2026-11-01 04:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891785),
	('2026-11-01 04:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891790),
	('2026-11-01 04:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891795),
	('2026-11-01 04:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891800),
	('2026-11-01 04:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891805),
	('2026-11-01 04:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891810),
	('2026-11-01 04:50:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891815),
	('2026-11-01 04:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891820),
	('2026-11-01 05:00:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891825),
	('2026-11-01 05:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891830),
	('2026-11-01 05:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891835),
	('2026-11-01 05:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891840),
	('2026-11-01 05:20:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891845),
	('2026-11-01 05:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891850),
	('2026-11-01 05:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891855),
	('2026-11-01 05:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891860),
	('2026-11-01 05:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891865),
	('2026-11-01 05:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891870),
	('2026-11-01 05:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891875),
	('2026-11-01 05:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891880),
	('2026-11-01 06:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891885),
	('2026-11-01 06:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891890),
	('2026-11-01 06:10:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891895),
	('2026-11-01 06:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891900),
	('2026-11-01 06:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891905),
	('2026-11-01 06:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891910),
	('2026-11-01 06:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891915),
	('2026-11-01 06:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891920),
	('2026-11-01 06:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891925),
	('2026-11-01 06:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891930),
	('2026-11-01 06:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891935),
	('2026-11-01 06:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891940),
	('2026-11-01 07:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891945),
	('2026-11-01 07:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891950),
	('2026-11-01 07:10:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891955),
	('2026-11-01 07:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891960),
	('2026-11-01 07:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891965),
	('2026-11-01 07:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891970),
	('2026-11-01 07:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891975),
	('2026-11-01 07:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891980),
	('2026-11-01 07:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891985),
	('2026-11-01 07:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891990),
	('2026-11-01 07:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29891995),
	('2026-11-01 07:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892000),
	('2026-11-01 08:00:00', 159383552, 0, '2026-11-01 18:05:00', 6, 'rib', 60, '', 29892066),
	('2026-11-01 08:00:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892005),
	('2026-11-01 08:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892010),
	('2026-11-01 08:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892015),
	('2026-11-01 08:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892020),
	('2026-11-01 08:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892025),
	('2026-11-01 08:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892030),
	('2026-11-01 08:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892035),
	('2026-11-01 08:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892040),
	('2026-11-01 08:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892045),
	('2026-11-01 08:45:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892050),
	('2026-11-01 08:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892055),
	('2026-11-01 08:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892060),
	('2026-11-01 09:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892065),
	('2026-11-01 09:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892070),
	('2026-11-01 09:10:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892075),
	('2026-11-01 09:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892080),
	('2026-11-01 09:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892085),
	('2026-11-01 09:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892090),
	('2026-11-01 09:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892095),
	('2026-11-01 09:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892100),
	('2026-11-01 09:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892105),
	('2026-11-01 09:45:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892110);
INSERT INTO public.files VALUES
	('2026-11-01 09:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892115),
	('2026-11-01 09:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892120),
	('2026-11-01 10:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892125),
	('2026-11-01 10:05:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892130),
	('2026-11-01 10:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892135),
	('2026-11-01 10:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892140),
	('2026-11-01 10:20:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892145),
	('2026-11-01 10:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892150),
	('2026-11-01 10:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892155),
	('2026-11-01 10:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892160),
	('2026-11-01 10:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892165),
	('2026-11-01 10:45:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892170),
	('2026-11-01 10:50:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892175),
	('2026-11-01 10:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892180),
	('2026-11-01 11:00:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892185),
	('2026-11-01 11:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892190),
	('2026-11-01 11:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892195),
	('2026-11-01 11:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892200),
	('2026-11-01 11:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892205),
	('2026-11-01 11:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892210),
	('2026-11-01 11:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892215),
	('2026-11-01 11:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892220),
	('2026-11-01 11:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892225),
	('2026-11-01 11:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892230),
	('2026-11-01 11:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892235),
	('2026-11-01 11:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892240),
	('2026-11-01 12:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892245),
	('2026-11-01 12:05:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892250),
	('2026-11-01 12:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892255),
	('2026-11-01 12:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892260),
	('2026-11-01 12:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892265),
	('2026-11-01 12:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892270),
	('2026-11-01 12:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892275),
	('2026-11-01 12:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892280),
	('2026-11-01 12:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892285),
	('2026-11-01 12:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892290),
	('2026-11-01 12:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892295),
	('2026-11-01 12:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892300),
	('2026-11-01 13:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892305),
	('2026-11-01 13:05:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892310),
	('2026-11-01 13:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892315),
	('2026-11-01 13:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892320),
	('2026-11-01 13:20:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892325),
	('2026-11-01 13:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892330),
	('2026-11-01 13:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892335),
	('2026-11-01 13:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892340),
	('2026-11-01 13:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892345),
	('2026-11-01 13:45:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892350),
	('2026-11-01 13:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892355),
	('2026-11-01 13:55:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892360),
	('2026-11-01 14:00:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892365),
	('2026-11-01 14:05:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892370),
	('2026-11-01 14:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892375),
	('2026-11-01 14:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892380),
	('2026-11-01 14:20:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892385),
	('2026-11-01 14:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892390),
	('2026-11-01 14:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892395),
	('2026-11-01 14:35:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892400),
	('2026-11-01 14:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892405),
	('2026-11-01 14:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892410),
	('2026-11-01 14:50:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892415),
	('2026-11-01 14:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892420),
	('2026-11-01 15:00:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892425),
	('2026-11-01 15:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892430),
	('2026-11-01 15:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892435),
	('2026-11-01 15:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892440),
	('2026-11-01 15:20:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892445),
	('2026-11-01 15:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892450),
	('2026-11-01 15:30:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892455),
	('2026-11-01 15:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892460),
	('2026-11-01 15:40:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892465),
	('2026-11-01 15:45:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892470),
	('2026-11-01 15:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892475),
	('2026-11-01 15:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892480),
	('2026-11-01 16:00:00', 204472320, 0, '2026-11-01 18:05:00', 6, 'rib', 60, '', 29892514),
	('2026-11-01 16:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892485),
	('2026-11-01 16:05:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892490),
	('2026-11-01 16:10:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892495),
	('2026-11-01 16:15:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892500),
	('2026-11-01 16:20:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892505),
	('2026-11-01 16:25:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892510),
	('2026-11-01 16:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892515),
	('2026-11-01 16:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892520),
	('2026-11-01 16:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892525),
	('2026-11-01 16:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892530),
	('2026-11-01 16:50:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892535),
	('2026-11-01 16:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892540),
	('2026-11-01 17:00:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892545),
	('2026-11-01 17:05:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892550),
	('2026-11-01 17:10:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892555),
	('2026-11-01 17:15:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892560),
	('2026-11-01 17:20:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892565),
	('2026-11-01 17:25:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892570),
	('2026-11-01 17:30:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892575),
	('2026-11-01 17:35:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892580),
	('2026-11-01 17:40:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892585),
	('2026-11-01 17:45:00', 2097152, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892590),
	('2026-11-01 17:50:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892595),
	('2026-11-01 17:55:00', 1048576, 0, '2026-11-01 18:05:00', 6, 'update', 60, '', 29892600),
	('2026-11-01 00:00:00', 896532480, 0, '2026-11-01 18:05:00', 8, 'rib', 61, '', 29891540);
INSERT INTO public.files VALUES
	('2026-11-01 00:00:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891525),
	('2026-11-01 00:05:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891530),
	('2026-11-01 00:10:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891535),
	('2026-11-01 00:15:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891540),
	('2026-11-01 00:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891545),
	('2026-11-01 00:25:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891550),
	('2026-11-01 00:30:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891555),
	('2026-11-01 00:35:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891560),
	('2026-11-01 00:40:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891565),
	('2026-11-01 00:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891570),
	('2026-11-01 00:50:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891575),
	('2026-11-01 00:55:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891580),
	('2026-11-01 01:00:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891585),
	('2026-11-01 01:05:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891590),
	('2026-11-01 01:10:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891595),
	('2026-11-01 01:15:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891600),
	('2026-11-01 01:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891605),
	('2026-11-01 01:25:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891610),
	('2026-11-01 01:30:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891615),
	('2026-11-01 01:35:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891620),
	('2026-11-01 01:40:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891625),
	('2026-11-01 01:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891630),
	('2026-11-01 01:50:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891635),
	('2026-11-01 01:55:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891640),
	('2026-11-01 02:00:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891645),
	('2026-11-01 02:05:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891650),
	('2026-11-01 02:10:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891655),
	('2026-11-01 02:15:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891660),
	('2026-11-01 02:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891665),
	('2026-11-01 02:25:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891670),
	('2026-11-01 02:30:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891675),
	('2026-11-01 02:35:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891680),
	('2026-11-01 02:40:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891685),
	('2026-11-01 02:45:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891690),
	('2026-11-01 02:50:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891695),
	('2026-11-01 02:55:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891700),
	('2026-11-01 03:00:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891705),
	('2026-11-01 03:05:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891710),
	('2026-11-01 03:10:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891715),
	('2026-11-01 03:15:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891720),
	('2026-11-01 03:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891725),
	('2026-11-01 03:25:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891730),
	('2026-11-01 03:30:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891735),
	('2026-11-01 03:35:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891740),
	('2026-11-01 03:40:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891745),
	('2026-11-01 03:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891750),
	('2026-11-01 03:50:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891760),
	('2026-11-01 03:55:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891760),
	('2026-11-01 04:00:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891765),
	('2026-11-01 04:05:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891770),
	('2026-11-01 04:10:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891775),
	('2026-11-01 04:15:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891780),
	('2026-11-01 04:20:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891785),
	('2026-11-01 04:25:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891790),
	('2026-11-01 04:30:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891795),
	('2026-11-01 04:35:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891800),
	('2026-11-01 04:40:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891805),
	('2026-11-01 04:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891810),
	('2026-11-01 04:50:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891815),
	('2026-11-01 04:55:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891820),
	('2026-11-01 05:00:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891825),
	('2026-11-01 05:05:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891830),
	('2026-11-01 05:10:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891835),
	('2026-11-01 05:15:00', 8388608, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891840),
	('2026-11-01 05:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891845),
	('2026-11-01 05:25:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891850),
	('2026-11-01 05:30:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891855),
	('2026-11-01 05:35:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891860),
	('2026-11-01 05:40:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891865),
	('2026-11-01 05:45:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891870),
	('2026-11-01 05:50:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891875),
	('2026-11-01 05:55:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891880),
	('2026-11-01 06:00:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891885),
	('2026-11-01 06:05:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891890),
	('2026-11-01 06:10:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891895),
	('2026-11-01 06:15:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891900),
	('2026-11-01 06:20:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891905),
	('2026-11-01 06:25:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891910),
	('2026-11-01 06:30:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891915),
	('2026-11-01 06:35:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891920),
	('2026-11-01 06:40:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891925),
	('2026-11-01 06:45:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891930),
	('2026-11-01 06:50:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891935),
	('2026-11-01 06:55:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891940),
	('2026-11-01 07:00:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891945),
	('2026-11-01 07:05:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891950),
	('2026-11-01 07:10:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891955),
	('2026-11-01 07:15:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891960),
	('2026-11-01 07:20:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891965),
	('2026-11-01 07:25:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891985),
	('2026-11-01 07:30:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891975),
	('2026-11-01 07:35:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891980),
	('2026-11-01 07:40:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891985),
	('2026-11-01 07:45:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891990),
	('2026-11-01 07:50:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29891995),
	('2026-11-01 07:55:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892000),
	('2026-11-01 08:00:00', 763363328, 0, '2026-11-01 18:05:00', 8, 'rib', 61, '', 29892070),
	('2026-11-01 08:00:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892005),
	('2026-11-01 08:05:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892010),
	('2026-11-01 08:10:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892015);
INSERT INTO public.files VALUES
	('2026-11-01 08:15:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892020),
	('2026-11-01 08:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892025),
	('2026-11-01 08:25:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892030),
	('2026-11-01 08:30:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892035),
	('2026-11-01 08:35:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892040),
	('2026-11-01 08:40:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892045),
	('2026-11-01 08:45:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892050),
	('2026-11-01 08:50:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892055),
	('2026-11-01 08:55:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892060),
	('2026-11-01 09:00:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892065),
	('2026-11-01 09:05:00', 8388608, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892070),
	('2026-11-01 09:10:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892075),
	('2026-11-01 09:15:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892080),
	('2026-11-01 09:20:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892085),
	('2026-11-01 09:25:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892090),
	('2026-11-01 09:30:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892095),
	('2026-11-01 09:35:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892100),
	('2026-11-01 09:40:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892105),
	('2026-11-01 09:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892110),
	('2026-11-01 09:50:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892115),
	('2026-11-01 09:55:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892120),
	('2026-11-01 10:00:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892125),
	('2026-11-01 10:05:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892130),
	('2026-11-01 10:10:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892135),
	('2026-11-01 10:15:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892140),
	('2026-11-01 10:20:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892145),
	('2026-11-01 10:25:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892150),
	('2026-11-01 10:30:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892155),
	('2026-11-01 10:35:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892160),
	('2026-11-01 10:40:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892165),
	('2026-11-01 10:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892170),
	('2026-11-01 10:50:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892175),
	('2026-11-01 10:55:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892180),
	('2026-11-01 11:00:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892185),
	('2026-11-01 11:05:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892190),
	('2026-11-01 11:10:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892195),
	('2026-11-01 11:15:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892200),
	('2026-11-01 11:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892205),
	('2026-11-01 11:25:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892210),
	('2026-11-01 11:30:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892215),
	('2026-11-01 11:35:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892220),
	('2026-11-01 11:40:00', 8388608, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892225),
	('2026-11-01 11:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892230),
	('2026-11-01 11:50:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892235),
	('2026-11-01 11:55:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892240),
	('2026-11-01 12:00:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892245),
	('2026-11-01 12:05:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892250),
	('2026-11-01 12:10:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892255),
	('2026-11-01 12:15:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892260),
	('2026-11-01 12:20:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892265),
	('2026-11-01 12:25:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892270),
	('2026-11-01 12:30:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892275),
	('2026-11-01 12:35:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892280),
	('2026-11-01 12:40:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892285),
	('2026-11-01 12:45:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892290),
	('2026-11-01 12:50:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892295),
	('2026-11-01 12:55:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892300),
	('2026-11-01 13:00:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892305),
	('2026-11-01 13:05:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892310),
	('2026-11-01 13:10:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892315),
	('2026-11-01 13:15:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892320),
	('2026-11-01 13:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892325),
	('2026-11-01 13:25:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892330),
	('2026-11-01 13:30:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892335),
	('2026-11-01 13:35:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892340),
	('2026-11-01 13:40:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892345),
	('2026-11-01 13:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892350),
	('2026-11-01 13:50:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892355),
	('2026-11-01 13:55:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892360),
	('2026-11-01 14:00:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892365),
	('2026-11-01 14:05:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892370),
	('2026-11-01 14:10:00', 8388608, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892375),
	('2026-11-01 14:15:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892380),
	('2026-11-01 14:20:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892385),
	('2026-11-01 14:25:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892390),
	('2026-11-01 14:30:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892395),
	('2026-11-01 14:35:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892400),
	('2026-11-01 14:40:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892405),
	('2026-11-01 14:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892410),
	('2026-11-01 14:50:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892415),
	('2026-11-01 14:55:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892420),
	('2026-11-01 15:00:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892425),
	('2026-11-01 15:05:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892430),
	('2026-11-01 15:10:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892435),
	('2026-11-01 15:15:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892440),
	('2026-11-01 15:20:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892445),
	('2026-11-01 15:25:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892450),
	('2026-11-01 15:30:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892455),
	('2026-11-01 15:35:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892460),
	('2026-11-01 15:40:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892465),
	('2026-11-01 15:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892470),
	('2026-11-01 15:50:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892475),
	('2026-11-01 15:55:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892480),
	('2026-11-01 16:00:00', 927989760, 0, '2026-11-01 18:05:00', 8, 'rib', 61, '', 29892546),
	('2026-11-01 16:00:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892485),
	('2026-11-01 16:05:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892490),
	('2026-11-01 16:10:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892495),
	('2026-11-01 16:15:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892500),
	('2026-11-01 16:20:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892505),
	('2026-11-01 16:25:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892510);
INSERT INTO public.files VALUES
	('2026-11-01 16:30:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892522),
	('2026-11-01 16:35:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892520),
	('2026-11-01 16:40:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892525),
	('2026-11-01 16:45:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892546),
	('2026-11-01 16:50:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892535),
	('2026-11-01 16:55:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892540),
	('2026-11-01 17:00:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892545),
	('2026-11-01 17:05:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892550),
	('2026-11-01 17:10:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892555),
	('2026-11-01 17:15:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892560),
	('2026-11-01 17:20:00', 7340032, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892565),
	('2026-11-01 17:25:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892570),
	('2026-11-01 17:30:00', 8388608, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892575),
	('2026-11-01 17:35:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892580),
	('2026-11-01 17:40:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892585),
	('2026-11-01 17:45:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892590),
	('2026-11-01 17:50:00', 5242880, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892595),
	('2026-11-01 17:55:00', 6291456, 0, '2026-11-01 18:05:00', 8, 'update', 61, '', 29892600),
	('2026-11-01 17:45:00', 965632, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892600),
	('2026-11-01 18:00:00', 19922944, 0, '2026-11-01 20:05:00', 3, 'rib', 52, '', 29892674),
	('2026-11-01 18:00:00', 1258291, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892615),
	('2026-11-01 18:15:00', 1258291, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892630),
	('2026-11-01 18:30:00', 881664, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892645),
	('2026-11-01 18:45:00', 1048576, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892678),
	('2026-11-01 19:00:00', 1258291, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892675),
	('2026-11-01 19:15:00', 1048576, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892690),
	('2026-11-01 19:30:00', 807936, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892705),
	('2026-11-01 19:45:00', 1258291, 0, '2026-11-01 20:05:00', 4, 'update', 52, '', 29892720),
	('2026-11-01 18:00:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892605),
	('2026-11-01 18:05:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892610),
	('2026-11-01 18:10:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892615),
	('2026-11-01 18:15:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892620),
	('2026-11-01 18:20:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892625),
	('2026-11-01 18:25:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892630),
	('2026-11-01 18:30:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892635),
	('2026-11-01 18:35:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892640),
	('2026-11-01 18:40:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892645),
	('2026-11-01 18:45:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892650),
	('2026-11-01 18:50:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892655),
	('2026-11-01 18:55:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892660),
	('2026-11-01 19:00:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892665),
	('2026-11-01 19:05:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892670),
	('2026-11-01 19:10:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892675),
	('2026-11-01 19:15:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892680),
	('2026-11-01 19:20:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892685),
	('2026-11-01 19:25:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892690),
	('2026-11-01 19:30:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892695),
	('2026-11-01 19:35:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892700),
	('2026-11-01 19:40:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892705),
	('2026-11-01 19:45:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892710),
	('2026-11-01 19:50:00', 2097152, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892715),
	('2026-11-01 19:55:00', 1048576, 0, '2026-11-01 20:05:00', 6, 'update', 60, '', 29892720),
	('2026-11-01 18:00:00', 6291456, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892605),
	('2026-11-01 18:05:00', 6291456, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892610),
	('2026-11-01 18:10:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892615),
	('2026-11-01 18:15:00', 6291456, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892620),
	('2026-11-01 18:20:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892625),
	('2026-11-01 18:25:00', 6291456, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892630),
	('2026-11-01 18:30:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892635),
	('2026-11-01 18:35:00', 7340032, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892640),
	('2026-11-01 18:40:00', 6291456, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892645),
	('2026-11-01 18:45:00', 7340032, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892650),
	('2026-11-01 18:50:00', 7340032, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892655),
	('2026-11-01 18:55:00', 6291456, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892660),
	('2026-11-01 19:00:00', 7340032, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892665),
	('2026-11-01 19:05:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892670),
	('2026-11-01 19:10:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892675),
	('2026-11-01 19:15:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892680),
	('2026-11-01 19:20:00', 7340032, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892685),
	('2026-11-01 19:25:00', 6291456, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892690),
	('2026-11-01 19:30:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892695),
	('2026-11-01 19:35:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892700),
	('2026-11-01 19:40:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892705),
	('2026-11-01 19:45:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892710),
	('2026-11-01 19:50:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892715),
	('2026-11-01 19:55:00', 5242880, 0, '2026-11-01 20:05:00', 8, 'update', 61, '', 29892720);


--
-- Data for Name: latest_file; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.latest_file VALUES
	(60, 'rib', '2026-11-01 16:00:00', ''),
	(61, 'rib', '2026-11-01 16:00:00', ''),
	(52, 'update', '2026-11-01 19:45:00', ''),
	(52, 'rib', '2026-11-01 18:00:00', ''),
	(60, 'update', '2026-11-01 19:55:00', ''),
	(61, 'update', '2026-11-01 19:55:00', '');


--
-- Data for Name: listings; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.listings OVERRIDING SYSTEM VALUE VALUES
	(1, 'https://archive.example/archive.routeviews.org/route-views2/bgpdata/2026.10/RIBS/', 52, 'routeviews', '2026-10-01', 'rib', 'W/"44354ffd85ba10e1"', 'Sat, 31 Oct 2026 22:11:00 GMT', 'aa2a409a548fff65e8a7a268aafb0a7ac9fdf593e842c1669f40379c9aa1d467', '2026-11-01 20:05:00', false, '2026-11-01 18:05:00', NULL, 0, ''),
	(2, 'https://archive.example/archive.routeviews.org/route-views2/bgpdata/2026.10/UPDATES/', 52, 'routeviews', '2026-10-01', 'update', 'W/"2551445cb8e114f6"', 'Sun, 01 Nov 2026 00:04:00 GMT', 'ab673a2737017981b3b9e25111097701e4d634a2824832753694471ff6746ef7', '2026-11-01 20:05:00', false, '2026-11-01 18:05:00', NULL, 0, ''),
	(3, 'https://archive.example/archive.routeviews.org/route-views2/bgpdata/2026.11/RIBS/', 52, 'routeviews', '2026-11-01', 'rib', 'W/"3f9196cc9b023c5e"', 'Sun, 01 Nov 2026 19:15:00 GMT', 'c3389aaf532aa470f709e9dcff6c02d28074c6745b8578d92ca301b70ef5fafe', '2026-11-01 20:05:00', false, '2026-11-01 20:05:00', NULL, 0, ''),
	(4, 'https://archive.example/archive.routeviews.org/route-views2/bgpdata/2026.11/UPDATES/', 52, 'routeviews', '2026-11-01', 'update', 'W/"fb1ba148f3d13a3d"', 'Sun, 01 Nov 2026 20:01:00 GMT', '5b7d8852d36ad4945d316356cfc921483a2144497c2cd9f3132b891c68ad2415', '2026-11-01 20:05:00', false, '2026-11-01 20:05:00', NULL, 0, ''),
	(5, 'https://archive.example/data.ris.ripe.net/rrc00/2026.10/', 60, 'riperis', '2026-10-01', NULL, 'W/"76f23b49d39734ad"', 'Sun, 01 Nov 2026 00:03:00 GMT', 'cd62531cf56d3e31524493f6ebf99edc503f19dd58f947a1c7f62774328061b6', '2026-11-01 20:05:00', false, '2026-11-01 18:05:00', NULL, 0, ''),
	(6, 'https://archive.example/data.ris.ripe.net/rrc00/2026.11/', 60, 'riperis', '2026-11-01', NULL, 'W/"844c7d2ba2d765ed"', 'Sun, 01 Nov 2026 20:04:00 GMT', '2a611673d2e5438dec41b2bd7c15b40860516bf24a467ba5e6c0e30d64981d29', '2026-11-01 20:05:00', false, '2026-11-01 20:05:00', NULL, 0, ''),
	(7, 'https://archive.example/data.ris.ripe.net/rrc01/2026.10/', 61, 'riperis', '2026-10-01', NULL, 'W/"458abd78530625a2"', 'Sun, 01 Nov 2026 00:06:00 GMT', '848b80626611ae02535d23b37b65e5f27c1cb55db27f4bb7df163301e6aeb59e', '2026-11-01 20:05:00', false, '2026-11-01 18:05:00', NULL, 0, ''),
	(8, 'https://archive.example/data.ris.ripe.net/rrc01/2026.11/', 61, 'riperis', '2026-11-01', NULL, 'W/"af8ecaef9aa5c90d"', 'Sun, 01 Nov 2026 20:02:00 GMT', 'afabbdc7ba290e1e3cdf39c7eb91b9af878ecf863d267444e46f6d6b4aa27a99', '2026-11-01 20:05:00', false, '2026-11-01 20:05:00', NULL, 0, '');


--
-- Data for Name: migrations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.migrations VALUES
	('0001_broker', '41347b20e1a588eee6b2e01bc76d2cc148499e8748eb350aaa012f0db76e715f', '2026-11-28 03:13:50.421767+00'),
	('0002_updater', '1d8f916f2cb5823d275fad1c6db166ea51be5d9d111ab1c293d9633e4fcfa36e', '2026-11-28 03:13:50.44141+00');


--
-- Data for Name: update_meta; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.update_meta OVERRIDING SYSTEM VALUE VALUES
	(1, '2026-11-01 18:05:00', 492, 8, 0, 0, 21908, 0, 254537, 0, ''),
	(2, '2026-11-01 20:05:00', 222, 8, 4, 0, 58, 0, 8978, 0, '');


--
-- Name: collectors_key_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.collectors_key_seq', 85, true);


--
-- Name: listings_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.listings_id_seq', 8, true);


--
-- Name: update_meta_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.update_meta_id_seq', 2, true);


--
-- Name: collectors collectors_key_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.collectors
    ADD CONSTRAINT collectors_key_key UNIQUE (key);


--
-- Name: collectors collectors_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.collectors
    ADD CONSTRAINT collectors_pkey PRIMARY KEY (id);


--
-- Name: files files_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.files
    ADD CONSTRAINT files_pkey PRIMARY KEY (ts_start, data_type, collector, name);


--
-- Name: latest_file latest_file_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.latest_file
    ADD CONSTRAINT latest_file_pkey PRIMARY KEY (collector, data_type);


--
-- Name: listings listings_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_pkey PRIMARY KEY (id);


--
-- Name: listings listings_url_key; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_url_key UNIQUE (url);


--
-- Name: migrations migrations_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.migrations
    ADD CONSTRAINT migrations_pkey PRIMARY KEY (name);


--
-- Name: update_meta update_meta_pkey; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.update_meta
    ADD CONSTRAINT update_meta_pkey PRIMARY KEY (id);


--
-- Name: files_of_collector; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX files_of_collector ON public.files USING btree (collector, data_type, ts_start);


--
-- Name: listings listings_collector_fkey; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.listings
    ADD CONSTRAINT listings_collector_fkey FOREIGN KEY (collector) REFERENCES public.collectors(key);


--
-- PostgreSQL database dump complete
--
