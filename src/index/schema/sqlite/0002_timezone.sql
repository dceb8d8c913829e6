-- What rows of searches show of the zone of their dates and times. Of objects stored before it is unknown until
-- `isocenter verify --rewrite-rows`.

ALTER TABLE study ADD COLUMN timezone_offset_from_utc TEXT;
ALTER TABLE study ADD COLUMN timezone_offset_from_utc_fold TEXT;
ALTER TABLE series ADD COLUMN timezone_offset_from_utc TEXT;
ALTER TABLE series ADD COLUMN timezone_offset_from_utc_fold TEXT;
