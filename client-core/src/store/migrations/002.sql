-- A file that is attached to several records is owed to each of them.
CREATE TABLE file_of (
  sha256   TEXT NOT NULL,
  size     INTEGER NOT NULL,
  mime     TEXT NOT NULL,
  name     TEXT NOT NULL,
  doc      BLOB NOT NULL,
  at       INTEGER NOT NULL,
  uploaded INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (sha256, doc)
) STRICT, WITHOUT ROWID;
INSERT INTO file_of SELECT sha256, size, mime, name, doc, at, uploaded FROM file;
DROP TABLE file;
ALTER TABLE file_of RENAME TO file;
