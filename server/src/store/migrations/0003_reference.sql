-- What the organisation edits: code lists, settings, years of the calendar, questionnaires. Every text that each
-- thing ever had; the highest version counts.
CREATE TABLE reference (
    area    TEXT NOT NULL CHECK (area IN ('list', 'settings', 'calendar', 'template')),
    key     TEXT NOT NULL,
    version INTEGER NOT NULL,
    at      INTEGER NOT NULL,
    by      BLOB,                                -- NULL: the console
    data    TEXT NOT NULL,                       -- JSON
    PRIMARY KEY (area, key, version)
) STRICT, WITHOUT ROWID;

-- Numbers are counted by series: a number's text with `#` in the place of its count.
DROP TABLE counter;
CREATE TABLE counter (
    kind   TEXT NOT NULL,
    series TEXT NOT NULL,
    last   INTEGER NOT NULL,
    PRIMARY KEY (kind, series)
) STRICT, WITHOUT ROWID;
-- Which series there are is read from the numbers of records: lists and counters are made again at the next start.
DELETE FROM meta WHERE k = 'projections';
