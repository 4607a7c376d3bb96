CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY);
INSERT INTO grdb_migrations (identifier) VALUES ('1 main job');
INSERT INTO grdb_migrations (identifier) VALUES ('delivery');
INSERT INTO grdb_migrations (identifier) VALUES ('datasets');
INSERT INTO grdb_migrations (identifier) VALUES ('quarantined drops may come again');
INSERT INTO grdb_migrations (identifier) VALUES ('experiments');
INSERT INTO grdb_migrations (identifier) VALUES ('data quality');
INSERT INTO grdb_migrations (identifier) VALUES ('revocation');
INSERT INTO grdb_migrations (identifier) VALUES ('row table');
INSERT INTO grdb_migrations (identifier) VALUES ('upgrades');
INSERT INTO grdb_migrations (identifier) VALUES ('columns of bodies');
INSERT INTO grdb_migrations (identifier) VALUES ('keeping');
INSERT INTO grdb_migrations (identifier) VALUES ('frozen settings');
INSERT INTO grdb_migrations (identifier) VALUES ('kept files');
INSERT INTO grdb_migrations (identifier) VALUES ('anchors');
INSERT INTO grdb_migrations (identifier) VALUES ('settings of reading');
INSERT INTO grdb_migrations (identifier) VALUES ('tokens');
INSERT INTO grdb_migrations (identifier) VALUES ('jobs');
INSERT INTO grdb_migrations (identifier) VALUES ('request keys');
INSERT INTO grdb_migrations (identifier) VALUES ('audit');
INSERT INTO grdb_migrations (identifier) VALUES ('anchors of gates');
INSERT INTO grdb_migrations (identifier) VALUES ('order of arrival');
CREATE TABLE base (
    id TEXT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
INSERT INTO base (body, digest, id) VALUES ('{"addedAt":"2025-11-24T16:00:00Z","architecture":"llama","contextLength":512,"digest":"abc","files":[],"format":"gguf","id":"tiny","layers":1,"measured":{},"parameters":1,"quantisation":{"F32":1},"tokenizer":"gpt2/smollm","tokenizerDigest":"t","trainingMemoryBytes":1,"vocabulary":16,"width":8}', 'abc', 'tiny');
CREATE TABLE snapshot (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, created_at REAL NOT NULL, body TEXT NOT NULL) STRICT;
INSERT INTO snapshot (body, created_at, id, pipeline) VALUES ('{"createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"files":{"gate":[{"bytes":5,"path":"gate.zst","rows":1,"sha256":"f2"}],"train":[{"bytes":5,"path":"train.zst","rows":2,"sha256":"f1"}]},"id":"s-1","pipeline":"p","removed":{},"rows":{"gate":1,"train":2}}', 1764000000.0, 's-1', 'p');
CREATE TABLE run_transition (
    sequence INTEGER PRIMARY KEY, run TEXT NOT NULL REFERENCES run (id), state TEXT NOT NULL,
    at REAL NOT NULL, message TEXT) STRICT;
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000001', 1, 'queued');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000002', 2, 'training');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000003', 3, 'trained');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000004', 4, 'evaluating');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000005', 5, 'evaluated');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000006', 6, 'accepted');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000007', 7, 'rejected');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000008', 8, 'inconclusive');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000009', 9, 'promoted');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000010', 10, 'delivered');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000011', 11, 'failed');
INSERT INTO run_transition (at, message, run, sequence, state) VALUES (1764000000.0, 'a reason', 'r-000012', 12, 'cancelled');
CREATE TABLE version (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, run TEXT NOT NULL UNIQUE REFERENCES run (id),
    body TEXT NOT NULL) STRICT;
INSERT INTO version (body, id, pipeline, run) VALUES ('{"adapters":[],"base":"tiny","baseDigest":"abc","code":"0.1.0","createdAt":"2025-11-24T16:00:00Z","id":"v-1","machine":"m","pipeline":"p","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"run":"r-000009","snapshot":"s-1","tags":{"team":"ops"}}', 'v-1', 'p', 'r-000009');
CREATE TABLE promotion (
    sequence INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, version TEXT REFERENCES version (id),
    hash TEXT NOT NULL UNIQUE, body TEXT NOT NULL) STRICT;
INSERT INTO promotion (body, hash, pipeline, sequence, version) VALUES ('{"at":"2025-11-24T16:00:00Z","hash":"f50c2dbc98e82b437ec1d4297ec5324c373e0838572ebcae659e86460eeec7c3","kind":"manual","pipeline":"p","previousHash":"0000000000000000000000000000000000000000000000000000000000000000","reason":"better","run":"r-000009","sequence":1,"version":"v-1","who":"me"}', 'f50c2dbc98e82b437ec1d4297ec5324c373e0838572ebcae659e86460eeec7c3', 'p', 1, 'v-1');
CREATE TABLE evaluation (
    model TEXT NOT NULL, set_digest TEXT NOT NULL, settings TEXT NOT NULL, body TEXT NOT NULL,
    PRIMARY KEY (model, set_digest, settings)) STRICT, WITHOUT ROWID;
INSERT INTO evaluation (body, model, set_digest, settings) VALUES ('{"examples":{"bytes":1,"path":"examples.jsonl","sha256":"e"},"figures":{"accuracy":0.5},"rows":1,"seconds":1}', 'm', 's', '{}');
CREATE TABLE notification (
    id INTEGER PRIMARY KEY, event TEXT NOT NULL,
    target TEXT NOT NULL CHECK (target IN ('program', 'webhook')),
    state TEXT NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0 CHECK (attempts >= 0), due_at REAL NOT NULL, answer TEXT,
    body TEXT NOT NULL, UNIQUE (event, target)) STRICT;
INSERT INTO notification (answer, attempts, body, due_at, event, id, state, target) VALUES ('500', 2, '{"created_at":1764000000,"data":{"pipeline":"p","reason":"better","version":"v-1"},"id":"evt_1","object":"event","type":"promoted"}', 1764000000.0, 'evt_1', 1, 'pending', 'webhook');
CREATE TABLE delivery_mark (
    source TEXT PRIMARY KEY CHECK (source IN ('run', 'promotion')), position INTEGER NOT NULL) STRICT;
INSERT INTO delivery_mark (position, source) VALUES (0, 'run');
INSERT INTO delivery_mark (position, source) VALUES (0, 'promotion');
CREATE TABLE alias (
    pipeline TEXT NOT NULL, name TEXT NOT NULL, version TEXT NOT NULL REFERENCES version (id),
    who TEXT NOT NULL, at REAL NOT NULL, PRIMARY KEY (pipeline, name)) STRICT, WITHOUT ROWID;
INSERT INTO alias (at, name, pipeline, version, who) VALUES (1764000000.0, 'stable', 'p', 'v-1', 'me');
CREATE TABLE side (
    pipeline TEXT NOT NULL, key TEXT NOT NULL,
    split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'gate')),
    PRIMARY KEY (pipeline, key)) STRICT, WITHOUT ROWID;
INSERT INTO side (key, pipeline, split) VALUES ('g:9', 'p', 'gate');
CREATE TABLE duplicate_row (
    drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL, pipeline TEXT NOT NULL,
    id TEXT NOT NULL, PRIMARY KEY (drop_id, line)) STRICT, WITHOUT ROWID;
INSERT INTO duplicate_row (drop_id, id, line, pipeline) VALUES ('d-stored', 'row-1', 4, 'p');
CREATE TABLE set_aside (
    pipeline TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
    drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL, other TEXT, score REAL,
    PRIMARY KEY (pipeline, id, reason)) STRICT, WITHOUT ROWID;
INSERT INTO set_aside (drop_id, id, line, other, pipeline, reason, score) VALUES ('d-stored', 'row-2', 2, 'row-1', 'p', 'near_duplicate', 0.9);
CREATE TABLE snapshot_file (
    snapshot TEXT NOT NULL REFERENCES snapshot (id), split TEXT NOT NULL, sha256 TEXT NOT NULL,
    source TEXT, PRIMARY KEY (snapshot, split, sha256)) STRICT, WITHOUT ROWID;
INSERT INTO snapshot_file (sha256, snapshot, source, split) VALUES ('f2', 's-1', 'f2', 'gate');
INSERT INTO snapshot_file (sha256, snapshot, source, split) VALUES ('f1', 's-1', 'f1', 'train');
CREATE TABLE picked_row (
    sha256 TEXT NOT NULL, id TEXT NOT NULL, PRIMARY KEY (sha256, id)) STRICT, WITHOUT ROWID;
INSERT INTO picked_row (id, sha256) VALUES ('row-1', 'f1');
CREATE TABLE left_out_row (
    sha256 TEXT NOT NULL, id TEXT NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (sha256, id)) STRICT, WITHOUT ROWID;
INSERT INTO left_out_row (id, reason, sha256) VALUES ('row-2', 'near_duplicate', 'f1');
CREATE TABLE trial (
    experiment TEXT NOT NULL REFERENCES experiment (id), number INTEGER NOT NULL CHECK (number >= 0),
    body TEXT NOT NULL, PRIMARY KEY (experiment, number)) STRICT, WITHOUT ROWID;
INSERT INTO trial (body, experiment, number) VALUES ('{"attempts":0,"curve":[],"losses":[],"number":0,"seconds":0,"tokens":0,"trainLosses":[],"values":{"rank":8}}', 'x-000001', 0);
CREATE TABLE rung (
    experiment TEXT NOT NULL, trial INTEGER NOT NULL, rung INTEGER NOT NULL CHECK (rung >= 0),
    loss REAL NOT NULL, at REAL NOT NULL, PRIMARY KEY (experiment, trial, rung),
    FOREIGN KEY (experiment, trial) REFERENCES trial (experiment, number)) STRICT, WITHOUT ROWID;
INSERT INTO rung (at, experiment, loss, rung, trial) VALUES (1764000000.0, 'x-000001', 2.5, 0, 0);
INSERT INTO rung (at, experiment, loss, rung, trial) VALUES (1764000000.0, 'x-000001', 2.25, 1, 0);
CREATE TABLE dataset_mark (
    pipeline TEXT NOT NULL, what TEXT NOT NULL, state TEXT NOT NULL,
    PRIMARY KEY (pipeline, what)) STRICT, WITHOUT ROWID;
INSERT INTO dataset_mark (pipeline, state, what) VALUES ('p', 'x', 'tokens');
CREATE TABLE quality_report (
    pipeline TEXT NOT NULL, subject TEXT NOT NULL, at REAL NOT NULL, body TEXT NOT NULL, sketch BLOB,
    PRIMARY KEY (pipeline, subject)) STRICT;
INSERT INTO quality_report (at, body, pipeline, sketch, subject) VALUES (1764000000.0, '{"at":"2025-11-24T16:00:00Z","characters":{"bounds":[],"counts":[],"largest":0,"mean":0,"median":0,"p95":0},"contradictions":{"examples":[],"prompts":0,"rows":0},"diversity":{"clusters":[],"distinct":[],"vocabulary":0,"words":0},"drift":[],"drop":"d-stored","drops":1,"exactDuplicates":0,"findings":[],"labels":[],"languages":{},"nearDuplicates":{"examples":[],"rows":0,"threshold":0.8},"pipeline":"p","removed":{},"repetition":{},"rows":{},"scripts":{},"sensitive":{}}', 'p', X'0001FF', 'd-stored');
CREATE TABLE "shard" (
    drop_id TEXT NOT NULL REFERENCES drop_file (id), split TEXT NOT NULL, pipeline TEXT NOT NULL,
    sha256 TEXT NOT NULL, rows INTEGER NOT NULL CHECK (rows > 0), body TEXT NOT NULL,
    PRIMARY KEY (drop_id, split, sha256)) STRICT, WITHOUT ROWID;
INSERT INTO shard (body, drop_id, pipeline, rows, sha256, split) VALUES ('{"bytes":5,"path":"gate.zst","rows":1,"sha256":"f2"}', 'd-stored', 'p', 1, 'f2', 'gate');
INSERT INTO shard (body, drop_id, pipeline, rows, sha256, split) VALUES ('{"bytes":5,"path":"train.zst","rows":2,"sha256":"f1"}', 'd-stored', 'p', 2, 'f1', 'train');
CREATE TABLE revoked_row (
    drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL, pipeline TEXT NOT NULL,
    id TEXT NOT NULL, split TEXT NOT NULL, PRIMARY KEY (drop_id, line)) STRICT, WITHOUT ROWID;
INSERT INTO revoked_row (drop_id, id, line, pipeline, split) VALUES ('d-revoked', 'row-9', 1, 'p', 'train');
CREATE TABLE revocation (
    drop_id TEXT PRIMARY KEY REFERENCES drop_file (id), who TEXT NOT NULL, reason TEXT NOT NULL,
    at REAL NOT NULL) STRICT;
INSERT INTO revocation (at, drop_id, reason, who) VALUES (1764000000.0, 'd-revoked', 'asked for', 'me');
CREATE TABLE "dataset_row" (
    number INTEGER PRIMARY KEY, pipeline TEXT NOT NULL, id TEXT NOT NULL,
    drop_id TEXT NOT NULL REFERENCES drop_file (id), line INTEGER NOT NULL,
    split TEXT NOT NULL CHECK (split IN ('train', 'validation', 'gate')), label TEXT, prompt_key TEXT,
    answer_key TEXT, UNIQUE (id, pipeline)) STRICT;
INSERT INTO dataset_row (answer_key, drop_id, id, label, line, number, pipeline, prompt_key, split) VALUES ('answer-1', 'd-stored', 'row-1', 'x', 1, 1, 'p', 'key-1', 'train');
INSERT INTO dataset_row (answer_key, drop_id, id, label, line, number, pipeline, prompt_key, split) VALUES ('answer-2', 'd-stored', 'row-2', 'x', 2, 2, 'p', 'key-1', 'train');
INSERT INTO dataset_row (answer_key, drop_id, id, label, line, number, pipeline, prompt_key, split) VALUES ('answer-1', 'd-stored', 'row-3', 'x', 3, 3, 'p', 'key-3', 'gate');
CREATE TABLE upgrade (
    schema INTEGER PRIMARY KEY, program TEXT NOT NULL, at REAL NOT NULL) STRICT;
INSERT INTO upgrade (at, program, schema) VALUES (1.79603369003502321248e+09, '0.1.0', 21);
CREATE TABLE "drop_file" (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL,
    sha256 TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.sha256')) STORED,
    state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
        CHECK (state IN ('received', 'validated', 'stored', 'quarantined', 'duplicate', 'revoked')),
    received_at REAL NOT NULL, stored_at REAL,
    scheduled INTEGER NOT NULL DEFAULT 0 CHECK (scheduled IN (0, 1)),
    indexed INTEGER NOT NULL DEFAULT 0 CHECK (indexed IN (0, 1)), body TEXT NOT NULL) STRICT;
INSERT INTO drop_file (body, id, indexed, pipeline, received_at, scheduled, stored_at) VALUES ('{"bytes":10,"id":"d-received","name":"received ''it’s'' ½.jsonl","pipeline":"p","receivedAt":"2025-11-24T16:00:00Z","rowsAccepted":0,"rowsDuplicate":0,"rowsRejected":0,"sha256":"sha-received","state":"received"}', 'd-received', 0, 'p', 1764000000.0, 0, NULL);
INSERT INTO drop_file (body, id, indexed, pipeline, received_at, scheduled, stored_at) VALUES ('{"bytes":11,"id":"d-validated","name":"validated ''it’s'' ½.jsonl","pipeline":"p","receivedAt":"2025-11-24T16:00:01Z","rowsAccepted":1,"rowsDuplicate":0,"rowsRejected":0,"sha256":"sha-validated","state":"validated"}', 'd-validated', 0, 'p', 1764000001.0, 0, NULL);
INSERT INTO drop_file (body, id, indexed, pipeline, received_at, scheduled, stored_at) VALUES ('{"bytes":12,"id":"d-stored","name":"stored ''it’s'' ½.jsonl","pipeline":"p","receivedAt":"2025-11-24T16:00:02Z","rowsAccepted":2,"rowsDuplicate":0,"rowsRejected":0,"sha256":"sha-stored","state":"stored"}', 'd-stored', 1, 'p', 1764000002.0, 1, 1764000060.0);
INSERT INTO drop_file (body, id, indexed, pipeline, received_at, scheduled, stored_at) VALUES ('{"bytes":13,"id":"d-quarantined","name":"quarantined ''it’s'' ½.jsonl","pipeline":"p","receivedAt":"2025-11-24T16:00:03Z","rowsAccepted":3,"rowsDuplicate":0,"rowsRejected":0,"sha256":"sha-quarantined","state":"quarantined"}', 'd-quarantined', 0, 'p', 1764000003.0, 0, NULL);
INSERT INTO drop_file (body, id, indexed, pipeline, received_at, scheduled, stored_at) VALUES ('{"bytes":14,"id":"d-duplicate","name":"duplicate ''it’s'' ½.jsonl","pipeline":"p","receivedAt":"2025-11-24T16:00:04Z","rowsAccepted":4,"rowsDuplicate":0,"rowsRejected":0,"sha256":"sha-duplicate","state":"duplicate"}', 'd-duplicate', 0, 'p', 1764000004.0, 0, NULL);
INSERT INTO drop_file (body, id, indexed, pipeline, received_at, scheduled, stored_at) VALUES ('{"bytes":15,"id":"d-revoked","name":"revoked ''it’s'' ½.jsonl","note":"revoked by me: \"asked\nfor\"","pipeline":"p","receivedAt":"2025-11-24T16:00:05Z","rowsAccepted":5,"rowsDuplicate":0,"rowsRejected":0,"sha256":"sha-revoked","state":"revoked"}', 'd-revoked', 0, 'p', 1764000005.0, 0, NULL);
CREATE TABLE "run" (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL,
    state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
        CHECK (state IN (
            'queued', 'training', 'trained', 'evaluating', 'evaluated', 'accepted', 'rejected',
            'inconclusive', 'promoted', 'delivered', 'failed', 'cancelled')),
    priority INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.priority')) STORED,
    created_at REAL NOT NULL, base TEXT NOT NULL REFERENCES base (id),
    snapshot TEXT NOT NULL REFERENCES snapshot (id), body TEXT NOT NULL) STRICT;
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000001","mode":"from-base","pipeline":"p","priority":0,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"queued"}', 1764000000.0, 'r-000001', 1, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000002","mode":"from-base","pipeline":"p","priority":10,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"training"}', 1764000000.0, 'r-000002', 2, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000003","mode":"from-base","pipeline":"p","priority":20,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"trained"}', 1764000000.0, 'r-000003', 3, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000004","mode":"from-base","pipeline":"p","priority":30,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"evaluating"}', 1764000000.0, 'r-000004', 4, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000005","mode":"from-base","pipeline":"p","priority":40,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"evaluated"}', 1764000000.0, 'r-000005', 5, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000006","mode":"from-base","pipeline":"p","priority":50,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"accepted"}', 1764000000.0, 'r-000006', 6, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000007","mode":"from-base","pipeline":"p","priority":60,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"rejected"}', 1764000000.0, 'r-000007', 7, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000008","mode":"from-base","pipeline":"p","priority":70,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"inconclusive"}', 1764000000.0, 'r-000008', 8, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000009","mode":"from-base","pipeline":"p","priority":80,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"promoted","version":"v-1"}', 1764000000.0, 'r-000009', 9, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000010","mode":"from-base","pipeline":"p","priority":90,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"delivered"}', 1764000000.0, 'r-000010', 10, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000011","mode":"from-base","pipeline":"p","priority":100,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"failed"}', 1764000000.0, 'r-000011', 11, 'p', 's-1');
INSERT INTO run (base, body, created_at, id, number, pipeline, snapshot) VALUES ('tiny', '{"attempts":0,"base":"tiny","createdAt":"2025-11-24T16:00:00Z","drops":["d-stored"],"id":"r-000012","mode":"from-base","pipeline":"p","priority":110,"purpose":"update","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","snapshot":"s-1","state":"cancelled"}', 1764000000.0, 'r-000012', 12, 'p', 's-1');
CREATE TABLE "experiment" (
    id TEXT PRIMARY KEY, number INTEGER NOT NULL UNIQUE, pipeline TEXT NOT NULL,
    state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
        CHECK (state IN ('running', 'finished', 'stopped', 'failed')),
    created_at REAL NOT NULL, snapshot TEXT NOT NULL REFERENCES snapshot (id),
    run TEXT GENERATED ALWAYS AS (json_extract(body, '$.run')) STORED UNIQUE REFERENCES run (id),
    body TEXT NOT NULL) STRICT;
INSERT INTO experiment (body, created_at, id, number, pipeline, snapshot) VALUES ('{"base":"tiny","configuredBase":"tiny","configuredRecipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"createdAt":"2025-11-24T16:00:00Z","drops":[],"finishedAt":"2025-11-24T16:00:00Z","id":"x-000001","mode":"from-base","pipeline":"p","ranges":{},"recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","rows":0,"run":"r-000002","scales":{},"settings":{"adopt":"never","eta":3,"minutes":0,"points":5,"replayShare":0.5,"rungs":3,"search":[{"kind":{"logUniform":{"_0":5e-05,"_1":0.005}},"name":"learning_rate"}],"searchIsDefault":true,"seed":17,"strategy":"halving","tokens":0,"trials":12},"snapshot":"s-1","state":"finished","steps":100,"trials":[]}', 1764000000.0, 'x-000001', 1, 'p', 's-1');
INSERT INTO experiment (body, created_at, id, number, pipeline, snapshot) VALUES ('{"base":"tiny","configuredBase":"tiny","configuredRecipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"createdAt":"2025-11-24T16:00:00Z","drops":[],"id":"x-000002","mode":"from-base","pipeline":"p","ranges":{},"recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"requestedBy":"sample","rows":0,"scales":{},"settings":{"adopt":"never","eta":3,"minutes":0,"points":5,"replayShare":0.5,"rungs":3,"search":[{"kind":{"logUniform":{"_0":5e-05,"_1":0.005}},"name":"learning_rate"}],"searchIsDefault":true,"seed":17,"strategy":"halving","tokens":0,"trials":12},"snapshot":"s-1","state":"running","steps":100,"trials":[]}', 1764000000.0, 'x-000002', 2, 'p', 's-1');
CREATE TABLE "suggestion" (
    pipeline TEXT PRIMARY KEY,
    experiment TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.experiment')) STORED
        REFERENCES experiment (id),
    adopted INTEGER NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.adopted')) STORED
        CHECK (adopted IN (0, 1)),
    body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO suggestion (body, pipeline) VALUES ('{"adopted":true,"base":"tiny","configuredBase":"tiny","experiment":"x-000001","pipeline":"p","recipe":{"adapterDropout":0,"alpha":32,"batchRows":8,"beta1":0.9,"beta2":0.999,"checkpointEverySteps":20,"clipNorm":1,"dropout":0,"epochs":1,"epsilon":1e-08,"evaluateEverySteps":0,"labelSmoothing":0,"learningRate":0.0005,"loraPlusRatio":1,"method":"lora","minLearningRateRatio":0.1,"neftuneAlpha":0,"preference":{"beta":0.1,"objective":"auto","preferenceLoss":"sigmoid","preferenceSmoothing":0.1,"sftWeight":0},"rank":16,"rsLoRA":false,"schedule":"cosine","seed":17,"startDecay":0,"targets":["q","k","v","o","gate","up","down"],"warmupRatio":0.05,"weightDecay":0.01},"values":{"rank":8}}', 'p');
CREATE TABLE "export" (
    version TEXT NOT NULL REFERENCES version (id), format TEXT NOT NULL,
    state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
        CHECK (state IN ('done', 'failed')),
    body TEXT NOT NULL, PRIMARY KEY (version, format)) STRICT, WITHOUT ROWID;
INSERT INTO export (body, format, version) VALUES ('{"at":"2025-11-24T16:00:00Z","figures":{},"files":[],"format":"gguf-f16","path":"/exports/v-1/gguf-f16","state":"done","version":"v-1"}', 'gguf-f16', 'v-1');
INSERT INTO export (body, format, version) VALUES ('{"at":"2025-11-24T16:00:00Z","failure":{"code":"export.full","message":"The disk is full."},"figures":{},"files":[],"format":"peft","path":"/exports/v-1/peft","state":"failed","version":"v-1"}', 'peft', 'v-1');
CREATE TABLE cleared (
    kind TEXT NOT NULL CHECK (kind IN ('run', 'version', 'experiment', 'drop')), id TEXT NOT NULL,
    at REAL NOT NULL, PRIMARY KEY (kind, id)) STRICT, WITHOUT ROWID;
CREATE TABLE upload (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, purpose TEXT NOT NULL CHECK (purpose IN ('base', 'data')),
    bound INTEGER NOT NULL CHECK (bound > 0), expires_at REAL NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE happening (
    sequence INTEGER PRIMARY KEY, kind TEXT NOT NULL, pipeline TEXT NOT NULL, drop_id TEXT, run TEXT,
    at REAL NOT NULL, reason TEXT NOT NULL) STRICT;
CREATE TABLE renamed (
    former TEXT PRIMARY KEY, pipeline TEXT NOT NULL, who TEXT NOT NULL, at REAL NOT NULL,
    moved INTEGER NOT NULL DEFAULT 0 CHECK (moved IN (0, 1))) STRICT, WITHOUT ROWID;
CREATE TABLE frozen_settings (digest TEXT PRIMARY KEY, body TEXT NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO frozen_settings (body, digest) VALUES ('{"gates":{}}', 'f-1');
CREATE TABLE kept_file (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, owner TEXT NOT NULL,
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64), bytes INTEGER NOT NULL CHECK (bytes >= 0),
    name TEXT NOT NULL, purpose TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL) STRICT;
CREATE TABLE part_upload (
    id TEXT PRIMARY KEY, owner TEXT NOT NULL, bytes INTEGER NOT NULL CHECK (bytes > 0),
    name TEXT NOT NULL, purpose TEXT NOT NULL, created_at REAL NOT NULL, expires_at REAL NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'completed', 'cancelled')),
    file TEXT) STRICT, WITHOUT ROWID;
CREATE TABLE upload_part (
    id TEXT PRIMARY KEY, upload TEXT NOT NULL REFERENCES part_upload (id), bytes INTEGER NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE TABLE anchor (
    pipeline TEXT PRIMARY KEY, version TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
    taken_back TEXT, taken_back_reason TEXT,
    CHECK ((taken_back IS NULL) = (taken_back_reason IS NULL))) STRICT, WITHOUT ROWID;
CREATE TABLE token (
    id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE,
    role TEXT NOT NULL CHECK (role IN ('reader', 'user', 'admin')),
    sha256 TEXT NOT NULL CHECK (length(sha256) = 64),
    created_at REAL NOT NULL, created_by TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE job (
    number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, pipeline TEXT NOT NULL,
    owner TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.owner')) STORED,
    state TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.state')) STORED
        CHECK (state IN ('waiting', 'begun', 'failed', 'cancelled')),
    drop_id TEXT NOT NULL GENERATED ALWAYS AS (json_extract(body, '$.drop')) STORED UNIQUE,
    run TEXT GENERATED ALWAYS AS (json_extract(body, '$.run')) STORED UNIQUE REFERENCES run (id),
    body TEXT NOT NULL, CHECK ((state = 'begun') = (run IS NOT NULL))) STRICT;
CREATE TABLE made_pipeline (
    pipeline TEXT PRIMARY KEY, owner TEXT NOT NULL, text TEXT NOT NULL, created_at REAL NOT NULL)
    STRICT, WITHOUT ROWID;
CREATE TABLE pipeline_share (
    pipeline TEXT NOT NULL, user TEXT NOT NULL, PRIMARY KEY (pipeline, user)) STRICT, WITHOUT ROWID;
CREATE TABLE request_key (
    owner TEXT NOT NULL, key TEXT NOT NULL, request TEXT NOT NULL, seed TEXT NOT NULL,
    created_at REAL NOT NULL, answer TEXT, PRIMARY KEY (owner, key)) STRICT, WITHOUT ROWID;
CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY, at REAL NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
    detail TEXT NOT NULL, who TEXT NOT NULL, owner TEXT NOT NULL, uid INTEGER, pid INTEGER,
    outcome TEXT NOT NULL) STRICT;
CREATE TABLE gate_anchor (
    pipeline TEXT NOT NULL, metric TEXT NOT NULL, rows_of TEXT NOT NULL, slice TEXT NOT NULL,
    version TEXT NOT NULL, reason TEXT NOT NULL, at REAL NOT NULL,
    PRIMARY KEY (pipeline, metric, rows_of, slice)) STRICT, WITHOUT ROWID;
CREATE INDEX transition_by_run ON run_transition (run);
CREATE INDEX promotion_by_pipeline ON promotion (pipeline, sequence);
CREATE TRIGGER promotion_is_final BEFORE UPDATE ON promotion BEGIN
    SELECT RAISE(ABORT, 'promotions are append-only'); END;
CREATE TRIGGER promotion_is_kept BEFORE DELETE ON promotion BEGIN
    SELECT RAISE(ABORT, 'promotions are append-only'); END;
CREATE INDEX notification_due ON notification (due_at) WHERE state = 'pending';
CREATE INDEX set_aside_by_drop ON set_aside (drop_id);
CREATE INDEX snapshot_by_file ON snapshot_file (sha256);
CREATE INDEX snapshot_by_source ON snapshot_file (source) WHERE source IS NOT NULL;
CREATE INDEX picked_by_row ON picked_row (id);
CREATE INDEX shard_by_file ON shard (sha256);
CREATE INDEX row_by_drop ON dataset_row (drop_id);
CREATE INDEX row_by_prompt ON dataset_row (pipeline, prompt_key, answer_key);
CREATE INDEX duplicate_by_row ON duplicate_row (id, pipeline);
CREATE INDEX revoked_by_row ON revoked_row (id, pipeline);
CREATE INDEX drop_by_state ON drop_file (state, pipeline);
CREATE INDEX drop_unindexed ON drop_file (pipeline) WHERE state = 'stored' AND indexed = 0;
CREATE INDEX run_by_state ON run (state, priority);
CREATE UNIQUE INDEX experiment_running ON experiment (pipeline) WHERE state = 'running';
CREATE INDEX kept_file_content ON kept_file (sha256);
CREATE INDEX part_of_upload ON upload_part (upload);
CREATE UNIQUE INDEX drop_identity
    ON drop_file (pipeline, sha256, COALESCE(json_extract(body, '$.reading'), ''))
    WHERE state NOT IN ('duplicate', 'revoked', 'quarantined');
CREATE INDEX job_waiting ON job (pipeline) WHERE state = 'waiting';
CREATE INDEX audit_at ON audit (at);
CREATE INDEX drop_by_arrival ON drop_file (pipeline, received_at);
CREATE INDEX shard_by_pipeline ON shard (pipeline, split, rows);
