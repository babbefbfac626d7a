-- What the device holds. List tables (rows_*, text_*) are made from the record schema, not here.

CREATE TABLE meta (k TEXT PRIMARY KEY, v ANY) STRICT, WITHOUT ROWID;

-- `base` is what the server has accepted; NULL stands for the genesis alone. `receipt` certifies exactly
-- `heads`. `gone`: no longer this person's to see, kept only while work on it is unsent.
-- `want`: the next sync fetches the whole document.
CREATE TABLE doc (
  id      BLOB PRIMARY KEY,
  kind    TEXT NOT NULL,
  base    BLOB,
  heads   BLOB NOT NULL DEFAULT x'',
  receipt BLOB,
  gone    INTEGER NOT NULL DEFAULT 0,
  want    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX doc_want ON doc(id) WHERE want = 1;

-- Work that the server has not certified yet, in the order it was done.
-- new: not sent. sent: sent, answer unknown. proposed: waits for the office.
-- acked: on the server's disk, but no receipt covers it yet.
CREATE TABLE pending (
  n      INTEGER PRIMARY KEY AUTOINCREMENT,
  doc    BLOB NOT NULL,
  kind   TEXT NOT NULL,
  intent TEXT NOT NULL,
  hash   BLOB NOT NULL UNIQUE,
  change BLOB NOT NULL,
  state  TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'sent', 'proposed', 'acked')),
  user   BLOB NOT NULL,
  at     INTEGER NOT NULL,
  code   TEXT,
  params TEXT
) STRICT;
CREATE INDEX pending_doc ON pending(doc, n);
CREATE INDEX pending_state ON pending(state, n);

-- 未被接受: kept until the person discards it.
CREATE TABLE refused (
  n          INTEGER PRIMARY KEY AUTOINCREMENT,
  doc        BLOB NOT NULL,
  kind       TEXT NOT NULL,
  intent     TEXT NOT NULL,
  hash       BLOB NOT NULL UNIQUE,
  code       TEXT NOT NULL,
  params     TEXT NOT NULL,
  user       BLOB NOT NULL,
  at         INTEGER NOT NULL,
  refused_at INTEGER NOT NULL
) STRICT;
CREATE INDEX refused_doc ON refused(doc);

-- Cursors, newest last; a server restored from a backup may know only an older one.
CREATE TABLE cursor (n INTEGER PRIMARY KEY AUTOINCREMENT, token BLOB NOT NULL) STRICT;

-- Documents that could not be read, kept as they were.
CREATE TABLE set_aside (n INTEGER PRIMARY KEY AUTOINCREMENT, doc BLOB NOT NULL, blob BLOB NOT NULL, at INTEGER NOT NULL) STRICT;

-- Attached files by content; the bytes are in files/<sha256>.
CREATE TABLE file (
  sha256   TEXT PRIMARY KEY,
  size     INTEGER NOT NULL,
  mime     TEXT NOT NULL,
  name     TEXT NOT NULL,
  doc      BLOB NOT NULL,
  at       INTEGER NOT NULL,
  uploaded INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
