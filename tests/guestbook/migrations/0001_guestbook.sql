-- What visitors wrote. The numbers rise in the order in which entries can be seen: who adds some has the table's lock until
-- then, so that after a number nothing comes below it.
CREATE TABLE entries (
  id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  name    text NOT NULL,
  text    text NOT NULL,
  written timestamptz NOT NULL DEFAULT now()
);
