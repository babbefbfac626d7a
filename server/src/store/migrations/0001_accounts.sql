CREATE TABLE meta (
    k TEXT PRIMARY KEY,
    v ANY
) STRICT, WITHOUT ROWID;

-- Times are milliseconds since 1970, UTC; ids are 16 bytes.
CREATE TABLE users (
    id          BLOB PRIMARY KEY,
    name        TEXT NOT NULL,
    name_key    TEXT NOT NULL UNIQUE,            -- lower case: 'Wang' and 'wang' are one account
    display     TEXT NOT NULL,
    role        TEXT NOT NULL CHECK (role IN ('engineer', 'office', 'admin')),
    department  TEXT NOT NULL DEFAULT '',
    region      TEXT NOT NULL DEFAULT '',
    may         TEXT NOT NULL DEFAULT '',        -- comma list of permissions
    password    TEXT NOT NULL,                   -- argon2id, PHC string
    created_at  INTEGER NOT NULL,
    disabled_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE devices (
    id         BLOB PRIMARY KEY,
    user       BLOB NOT NULL REFERENCES users (id),
    name       TEXT NOT NULL,
    instance   BLOB,                             -- installation of the app, told at its first sync
    app        TEXT NOT NULL DEFAULT '',
    created_at INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX devices_of_user ON devices (user, last_seen);

CREATE TABLE sessions (
    sid         BLOB PRIMARY KEY,
    user        BLOB NOT NULL REFERENCES users (id),
    device      BLOB REFERENCES devices (id),
    created_at  INTEGER NOT NULL,
    last_seen   INTEGER NOT NULL,
    revoked_at  INTEGER,
    revoked_why TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_of_user ON sessions (user);
CREATE INDEX sessions_of_device ON sessions (device);

-- One family of refresh tokens per session. Only hashes are kept; a spent token names the request that spent it.
CREATE TABLE refresh_tokens (
    hash       BLOB PRIMARY KEY,
    sid        BLOB NOT NULL REFERENCES sessions (sid) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    spent_at   INTEGER,
    spent_by   BLOB
) STRICT, WITHOUT ROWID;
CREATE INDEX refresh_tokens_of_session ON refresh_tokens (sid);

-- Append-only and chained: h = sha256(h of the row before || this row).
CREATE TABLE audit (
    seq    INTEGER PRIMARY KEY,
    at     INTEGER NOT NULL,
    who    BLOB,                                 -- NULL: the server or the console
    what   TEXT NOT NULL,
    target TEXT NOT NULL,
    detail TEXT NOT NULL,                        -- JSON
    h      BLOB NOT NULL
) STRICT;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;

-- Whatever may end a session raises this number; the session table in memory is read again when it has moved.
INSERT INTO meta (k, v) VALUES ('accounts_version', 0);
CREATE TRIGGER users_moved AFTER UPDATE OF name, display, role, department, region, may, password, disabled_at ON users
    BEGIN UPDATE meta SET v = v + 1 WHERE k = 'accounts_version'; END;
CREATE TRIGGER devices_moved AFTER UPDATE OF user, revoked_at ON devices
    BEGIN UPDATE meta SET v = v + 1 WHERE k = 'accounts_version'; END;
CREATE TRIGGER sessions_moved AFTER UPDATE OF revoked_at ON sessions
    BEGIN UPDATE meta SET v = v + 1 WHERE k = 'accounts_version'; END;
CREATE TRIGGER sessions_gone AFTER DELETE ON sessions
    BEGIN UPDATE meta SET v = v + 1 WHERE k = 'accounts_version'; END;
