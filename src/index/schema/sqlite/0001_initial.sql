-- Everything the first release keeps. References are checked at commit, for rows are written children first. UIDs compare byte by byte (BINARY collation). Of an attribute X, `X` is
-- the value as stored, `X_fold` its form for comparison without case (names: also without accents), `X_sort`
-- its form for ranges and order.

CREATE TABLE data_partition (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created INTEGER NOT NULL,
    studies INTEGER NOT NULL DEFAULT 0,
    series INTEGER NOT NULL DEFAULT 0,
    instances INTEGER NOT NULL DEFAULT 0,
    bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO data_partition (id, name, created) VALUES (1, 'Microsoft.Default', 0);

-- One row: what was given out last. Read and written inside every writing transaction, so that replicas agree.
CREATE TABLE counter (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    study INTEGER NOT NULL,
    series INTEGER NOT NULL,
    instance INTEGER NOT NULL,
    version INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    time INTEGER NOT NULL
) STRICT;
INSERT INTO counter VALUES (1, 0, 0, 0, 0, 0, 0);

CREATE TABLE study (
    id INTEGER PRIMARY KEY,
    partition_id INTEGER NOT NULL REFERENCES data_partition (id),
    uid TEXT NOT NULL,
    series_count INTEGER NOT NULL,
    instance_count INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    newest_version INTEGER NOT NULL,
    newest_instance INTEGER NOT NULL,
    study_date TEXT, study_date_sort TEXT,
    study_time TEXT, study_time_sort TEXT,
    accession_number TEXT, accession_number_fold TEXT,
    referring_physician_name TEXT, referring_physician_name_fold TEXT,
    study_description TEXT, study_description_fold TEXT,
    patient_name TEXT, patient_name_fold TEXT,
    patient_id TEXT, patient_id_fold TEXT,
    issuer_of_patient_id TEXT, issuer_of_patient_id_fold TEXT,
    patient_birth_date TEXT, patient_birth_date_sort TEXT,
    patient_sex TEXT, patient_sex_fold TEXT,
    study_id TEXT, study_id_fold TEXT
) STRICT;
CREATE UNIQUE INDEX study_uid ON study (partition_id, uid);
-- Newest first without reading the wide rows.
CREATE INDEX study_partition ON study (partition_id);
CREATE INDEX study_patient_id ON study (partition_id, patient_id_fold);
CREATE INDEX study_accession_number ON study (partition_id, accession_number_fold);
CREATE INDEX study_study_id ON study (partition_id, study_id_fold);
CREATE INDEX study_study_date ON study (partition_id, study_date_sort, study_time_sort);
CREATE INDEX study_patient_birth_date ON study (partition_id, patient_birth_date_sort);

CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    partition_id INTEGER NOT NULL REFERENCES data_partition (id),
    study_id INTEGER NOT NULL REFERENCES study (id) DEFERRABLE INITIALLY DEFERRED,
    uid TEXT NOT NULL,
    instance_count INTEGER NOT NULL,
    size_bytes INTEGER NOT NULL,
    newest_version INTEGER NOT NULL,
    newest_instance INTEGER NOT NULL,
    next_document INTEGER NOT NULL,
    series_date TEXT, series_date_sort TEXT,
    series_time TEXT, series_time_sort TEXT,
    modality TEXT, modality_fold TEXT,
    institution_name TEXT, institution_name_fold TEXT,
    series_description TEXT, series_description_fold TEXT,
    manufacturer_model_name TEXT, manufacturer_model_name_fold TEXT,
    body_part_examined TEXT, body_part_examined_fold TEXT,
    series_number TEXT, series_number_sort REAL,
    performed_start_date TEXT, performed_start_date_sort TEXT,
    performed_start_time TEXT, performed_start_time_sort TEXT
) STRICT;
CREATE UNIQUE INDEX series_uid ON series (uid, study_id);
CREATE INDEX series_partition ON series (partition_id);
CREATE INDEX series_order ON series (study_id, series_number_sort, uid);
CREATE INDEX series_modality ON series (partition_id, modality_fold, study_id, modality);
CREATE INDEX series_performed_start_date ON series (partition_id, performed_start_date_sort);

-- RequestAttributesSequence of a series.
CREATE TABLE series_request (
    series_id INTEGER NOT NULL REFERENCES series (id) DEFERRABLE INITIALLY DEFERRED,
    item INTEGER NOT NULL,
    scheduled_procedure_step_id TEXT, scheduled_procedure_step_id_fold TEXT,
    requested_procedure_id TEXT, requested_procedure_id_fold TEXT,
    PRIMARY KEY (series_id, item)
) STRICT, WITHOUT ROWID;
CREATE INDEX series_request_step ON series_request (scheduled_procedure_step_id_fold, series_id);
CREATE INDEX series_request_procedure ON series_request (requested_procedure_id_fold, series_id);

CREATE TABLE study_sop_class (
    study_id INTEGER NOT NULL REFERENCES study (id) DEFERRABLE INITIALLY DEFERRED,
    uid TEXT NOT NULL,
    instances INTEGER NOT NULL,
    PRIMARY KEY (study_id, uid)
) STRICT, WITHOUT ROWID;
CREATE INDEX study_sop_class_uid ON study_sop_class (uid, study_id);

CREATE TABLE instance (
    id INTEGER PRIMARY KEY,
    partition_id INTEGER NOT NULL,
    series_id INTEGER NOT NULL REFERENCES series (id) DEFERRABLE INITIALLY DEFERRED,
    uid TEXT NOT NULL,
    version INTEGER NOT NULL,
    document_key INTEGER NOT NULL,
    sop_class_uid TEXT NOT NULL,
    transfer_syntax TEXT NOT NULL,
    instance_number TEXT, instance_number_sort REAL,
    frames INTEGER NOT NULL,
    blob TEXT NOT NULL,
    size_bytes INTEGER NOT NULL,
    sha256 BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX instance_uid ON instance (uid, series_id);
CREATE INDEX instance_partition ON instance (partition_id);
CREATE INDEX instance_order ON instance (series_id, instance_number_sort, uid);
CREATE INDEX instance_blob ON instance (blob);

-- The wide part of an instance. The key is series * 2^24 + ordinal: the documents of a series lie side by side.
-- `hidden` is a JSON array of paths; `dictionary` names the dictionary of the compression, 0 none.
CREATE TABLE document (
    key INTEGER PRIMARY KEY,
    dictionary INTEGER NOT NULL,
    json BLOB NOT NULL,
    hidden TEXT,
    layout BLOB NOT NULL
) STRICT;

-- Person names by component group, folded, without trailing '^'. `tag` tells of which level `owner_id` is.
CREATE TABLE name_group (
    owner_id INTEGER NOT NULL,
    tag INTEGER NOT NULL,
    component_group INTEGER NOT NULL,
    partition_id INTEGER NOT NULL,
    folded TEXT NOT NULL,
    PRIMARY KEY (owner_id, tag, component_group)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_group_folded ON name_group (partition_id, tag, folded);

-- Words of person names; positions count through all groups.
CREATE TABLE name_word (
    owner_id INTEGER NOT NULL,
    tag INTEGER NOT NULL,
    position INTEGER NOT NULL,
    component_group INTEGER NOT NULL,
    partition_id INTEGER NOT NULL,
    word TEXT NOT NULL,
    PRIMARY KEY (owner_id, tag, position)
) STRICT, WITHOUT ROWID;
CREATE INDEX name_word_word ON name_word (partition_id, tag, word);

-- Three-letter pieces of the folded groups joined by '=', for infixes; rowid is the study's id.
CREATE VIRTUAL TABLE study_name_trigram USING fts5 (
    patient_name, referring_physician_name, content='', tokenize='trigram case_sensitive 1'
);

-- The change feed. Never changed, never shortened. action: 0 create, 1 remove, 2 update.
CREATE TABLE change (
    sequence INTEGER PRIMARY KEY,
    time INTEGER NOT NULL,
    partition_id INTEGER NOT NULL,
    action INTEGER NOT NULL,
    version INTEGER NOT NULL,
    study_uid TEXT NOT NULL,
    series_uid TEXT NOT NULL,
    instance_uid TEXT NOT NULL
) STRICT;
CREATE INDEX change_time ON change (time);
CREATE INDEX change_removed ON change (study_uid, series_uid, instance_uid, partition_id) WHERE action = 1;

-- Blobs without an instance, still to be removed.
CREATE TABLE removal (
    blob TEXT PRIMARY KEY,
    due INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
CREATE INDEX removal_due ON removal (due, blob);
