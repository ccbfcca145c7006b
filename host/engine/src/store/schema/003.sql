-- What visitors wait for is found without walking past everything else that waits: finished pictures, and
-- with a metered connection deletes beside them. Queries repeat the conditions word for word.
CREATE INDEX replica_urgent ON replica (target, rank_ms)
    WHERE priority < 10
      AND (uncertain_ms IS NOT NULL OR wanted IS NOT held) AND parked_ms IS NULL AND hold IS NULL;
CREATE INDEX replica_light ON replica (target, rank_ms)
    WHERE (priority < 10 OR wanted IS NULL)
      AND (uncertain_ms IS NOT NULL OR wanted IS NOT held) AND parked_ms IS NULL AND hold IS NULL;
-- Whether the content of a file that is gone lies elsewhere under another name.
CREATE INDEX item_version ON item (version) WHERE present;
