-- Times are Unix milliseconds. Versions are texts that change whenever content changes.

CREATE TABLE meta (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;

-- What the media folder (and the folder of rendered pages) has, or had.
CREATE TABLE item (
    id            INTEGER PRIMARY KEY,
    source        TEXT    NOT NULL,          -- media | pages
    key           TEXT    NOT NULL,          -- path below that folder
    version       TEXT    NOT NULL,
    size_bytes    INTEGER NOT NULL,
    modified_ms   INTEGER NOT NULL,
    priority      INTEGER NOT NULL,
    present       INTEGER NOT NULL,          -- 0: gone from the folder
    first_seen_ms INTEGER NOT NULL,
    seen_ms       INTEGER NOT NULL,          -- when this version was first seen
    identifier    TEXT    NOT NULL,
    UNIQUE (source, key)
);
CREATE INDEX item_identifier ON item (identifier);

CREATE TABLE target (
    id           INTEGER PRIMARY KEY,
    name         TEXT    NOT NULL UNIQUE,
    placement    TEXT    NOT NULL,           -- settings that decide where objects lie
    rules        TEXT    NOT NULL DEFAULT '',-- fingerprint of the rules of the last plan
    planned      INTEGER NOT NULL DEFAULT 0, -- generation of the items at the last plan
    paused       INTEGER NOT NULL DEFAULT 0,
    inventory_ms INTEGER                     -- when it last said what it holds; NULL: never
);

-- One row per object of a target: what is wanted there and what is held there.
CREATE TABLE replica (
    target            INTEGER NOT NULL REFERENCES target (id),
    path              TEXT    NOT NULL,
    item              INTEGER NOT NULL REFERENCES item (id),
    wanted            TEXT,                  -- version; NULL: nothing
    held              TEXT,                  -- version last known there; NULL: nothing
    held_ms           INTEGER,               -- when that became known
    receipt           TEXT,
    public_link       TEXT,                  -- made by the target's service for what it holds
    link_expires_ms   INTEGER,
    uncertain_ms      INTEGER,               -- a call has begun that may have changed it
    uncertain_version TEXT,                  -- what that call was to make of it; NULL: nothing
    priority          INTEGER NOT NULL,
    rank_ms           INTEGER NOT NULL,      -- order in the queue: time queued, later for less urgent ones
    queued_ms         INTEGER NOT NULL,
    not_before_ms     INTEGER NOT NULL DEFAULT 0,
    attempts          INTEGER NOT NULL DEFAULT 0,
    faults            INTEGER NOT NULL DEFAULT 0,
    last_error        TEXT,
    parked_ms         INTEGER,               -- rejected: waits for a reason to try again
    drop_reason       TEXT,                  -- why nothing is wanted: gone | expired | taken-down
    confirmed         INTEGER NOT NULL DEFAULT 0, -- the operator let this delete happen
    hold              INTEGER,               -- number of the set of deletes it is held back in
    PRIMARY KEY (target, path)
) WITHOUT ROWID;
CREATE INDEX replica_item ON replica (item);
-- The queue. Its condition is the definition of pending; queries repeat it word for word.
CREATE INDEX replica_pending ON replica (target, rank_ms)
    WHERE (uncertain_ms IS NOT NULL OR wanted IS NOT held) AND parked_ms IS NULL AND hold IS NULL;
CREATE INDEX replica_parked ON replica (target, parked_ms) WHERE parked_ms IS NOT NULL;
CREATE INDEX replica_hold ON replica (target, hold) WHERE hold IS NOT NULL;

-- What earlier settings of a target put elsewhere; only a cleanup touches it.
CREATE TABLE left_behind (
    target    INTEGER NOT NULL REFERENCES target (id),
    placement TEXT    NOT NULL,
    path      TEXT    NOT NULL,
    item      INTEGER NOT NULL REFERENCES item (id),
    held      TEXT,                          -- version; NULL: a call that may have put it was abandoned
    receipt   TEXT,
    PRIMARY KEY (target, placement, path)
) WITHOUT ROWID;

CREATE TABLE attempt (
    id         INTEGER PRIMARY KEY,
    target     INTEGER NOT NULL,
    path       TEXT    NOT NULL,
    work       TEXT    NOT NULL,             -- put | delete | resolve
    started_ms INTEGER NOT NULL,
    took_ms    INTEGER NOT NULL,
    outcome    TEXT    NOT NULL,             -- ok, or the kind of the failure
    message    TEXT,
    guarded    INTEGER NOT NULL              -- a delete that the wipe guard counts
);
CREATE INDEX attempt_guarded ON attempt (target, started_ms) WHERE guarded;

CREATE TABLE event (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    kind  TEXT    NOT NULL                   -- JSON
);

CREATE TABLE plugin_state (
    target TEXT NOT NULL,
    name   TEXT NOT NULL,
    value  BLOB NOT NULL,
    PRIMARY KEY (target, name)
) WITHOUT ROWID;
