-- Fails in the middle: for the check that nothing of it stays.
ALTER TABLE entries ADD mood text NOT NULL DEFAULT 'good';
CREATE TABLE moods (mood text PRIMARY KEY);
INSERT INTO moods VALUES ('good'), ('good');
