-- Costs that do not grow with everything that was ever synced.

-- An item is dropped once nothing refers to it; this is the one that was looked for row by row.
CREATE INDEX left_behind_item ON left_behind (item);
-- When delayed work is due. Queries repeat the condition word for word.
CREATE INDEX replica_delayed ON replica (target, not_before_ms)
    WHERE not_before_ms > 0
      AND (uncertain_ms IS NOT NULL OR wanted IS NOT held) AND parked_ms IS NULL AND hold IS NULL;
-- What the wipe guard counts of deletes that neither happened nor were confirmed.
CREATE INDEX replica_going ON replica (target)
    WHERE wanted IS NULL AND drop_reason = 'gone' AND NOT confirmed AND hold IS NULL;

-- The hash that the target last told of what it holds, as `<held_ms> <algorithm> <hash>`: with another
-- `held_ms` than the row's it is about something older.
ALTER TABLE replica ADD COLUMN told TEXT;
