-- The server's incarnations. A restored database is another one, whose history forks from its parent's at `fork_seq`.
CREATE TABLE epoch (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    parent     BLOB,
    fork_seq   INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- One row per write of a document, and per decision about a proposal. The salt is random: a database that was
-- copied back in time and written to again has another salt at the same seq, and so is found out by old cursors.
CREATE TABLE commit_log (
    seq    INTEGER PRIMARY KEY,
    salt   BLOB NOT NULL,
    at     INTEGER NOT NULL,
    doc    INTEGER NOT NULL,
    user   BLOB,                                 -- NULL: the server
    device BLOB                                  -- NULL: by the API or the console
) STRICT;
CREATE INDEX commits_of_doc ON commit_log (doc, seq);

CREATE TABLE doc (
    n          INTEGER PRIMARY KEY,
    id         BLOB NOT NULL UNIQUE,
    kind       TEXT NOT NULL,
    seq        INTEGER NOT NULL,                 -- its newest commit
    heads      BLOB NOT NULL,                    -- sorted, 32 bytes each
    blob_seq   INTEGER NOT NULL,                 -- the commit up to which `doc_blob` goes
    blob_len   INTEGER NOT NULL,
    tail_n     INTEGER NOT NULL,                 -- changes after `blob_seq`
    tail_bytes INTEGER NOT NULL,
    tail_floor INTEGER NOT NULL,                 -- every change after this commit is in `doc_tail`
    n_changes  INTEGER NOT NULL                  -- genesis included
) STRICT;

-- The document, uncompressed by Automerge and compressed by zstd: so a snapshot is sent without loading it.
CREATE TABLE doc_blob (
    doc  INTEGER PRIMARY KEY REFERENCES doc (n),
    data BLOB NOT NULL,
    sha  BLOB NOT NULL
) STRICT;

-- Canonical change chunks, for deltas and for what is newer than the blob.
CREATE TABLE doc_tail (
    doc  INTEGER NOT NULL REFERENCES doc (n),
    seq  INTEGER NOT NULL,
    n    INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (doc, seq, n)
) STRICT, WITHOUT ROWID;

-- Every change that was accepted, and when: with commit_log the audit of documents.
CREATE TABLE doc_change (
    doc  INTEGER NOT NULL REFERENCES doc (n),
    hash BLOB NOT NULL,
    seq  INTEGER NOT NULL,
    flag TEXT,
    PRIMARY KEY (doc, hash)
) STRICT, WITHOUT ROWID;

-- Ids of companion documents (derived, so they cannot be read back) and the record that each accompanies.
CREATE TABLE companion (
    id   BLOB PRIMARY KEY,
    main INTEGER NOT NULL REFERENCES doc (n)
) STRICT, WITHOUT ROWID;

CREATE TABLE scope (
    n    INTEGER PRIMARY KEY,
    name BLOB NOT NULL UNIQUE
) STRICT;

-- One row per document and scope, moved forward with every commit; `gone` rows stay where they left.
CREATE TABLE doc_scope (
    doc       INTEGER NOT NULL REFERENCES doc (n),
    scope     INTEGER NOT NULL REFERENCES scope (n),
    seq       INTEGER NOT NULL,
    enter_seq INTEGER NOT NULL,
    gone      INTEGER NOT NULL,
    PRIMARY KEY (doc, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX feed ON doc_scope (scope, seq);

-- Changes that wait for the office, unmerged; and what it decided.
CREATE TABLE proposal (
    n          INTEGER PRIMARY KEY,
    hash       BLOB NOT NULL UNIQUE,
    doc        INTEGER NOT NULL REFERENCES doc (n),
    data       BLOB NOT NULL,
    user       BLOB NOT NULL,
    device     BLOB,
    flag       TEXT NOT NULL,
    at         INTEGER NOT NULL,
    decided_at INTEGER,
    decided_by BLOB,
    accepted   INTEGER,
    note       TEXT NOT NULL DEFAULT '',
    seq        INTEGER
) STRICT;
CREATE INDEX proposals_of_doc ON proposal (doc, n);
CREATE INDEX proposals_open ON proposal (n) WHERE decided_at IS NULL;
CREATE INDEX decisions_of_user ON proposal (user, seq) WHERE seq IS NOT NULL;

CREATE TABLE counter (
    kind TEXT NOT NULL,
    year INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (kind, year)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search USING fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61');
