-- Links that a target's service makes are asked for beside the uploads, and again before they expire.
ALTER TABLE replica ADD COLUMN link_due_ms INTEGER;                          -- when to ask; NULL: not at all
ALTER TABLE replica ADD COLUMN link_failures INTEGER NOT NULL DEFAULT 0;     -- in a row
CREATE INDEX replica_link ON replica (target, link_due_ms) WHERE link_due_ms IS NOT NULL;
-- What waits longest, whatever its priority.
CREATE INDEX replica_waiting ON replica (target, queued_ms)
    WHERE (uncertain_ms IS NOT NULL OR wanted IS NOT held) AND parked_ms IS NULL AND hold IS NULL;
