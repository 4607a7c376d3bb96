/// The metrics there are. A new one is a line here, a place in ``all``, and the code that counts or measures it.
///
/// Labels have values of bounded sets alone: pipelines that are configured, states, reasons, routes, bases; never an
/// identifier, a version, a row's text, or what a caller made up.
extension MetricFamily {
    // MARK: The daemon

    package static let build = gauge(
        "build_info", by: ["version"], "Is 1; the version of the daemon that answers.")
    package static let started = gauge("start_time_seconds", "When the daemon started, in seconds since 1970.")
    package static let ready = gauge("ready", "Whether requests can be answered (1), as /readyz says.")
    package static let problems = gauge("problems", "Faults that a person should look at, as ftctl status lists them.")
    package static let records = counter(
        "log_records_total", by: ["level"], "Records of the log that tell of something wrong, by level.")
    package static let memory = gauge(
        "resident_memory_bytes", by: ["part"],
        "Memory in use, of the daemon itself and of the programs that it started (workers, hooks, evaluators).")
    package static let diskFree = gauge("disk_free_bytes", "Bytes that may still be written where the state lies.")
    package static let stores = gauge(
        "store_size_bytes", by: ["store"], "Bytes on disk by part of the state; looked at every ten minutes.")

    // MARK: Data

    package static let drops = counter(
        "drops_total", by: ["pipeline", "outcome"], "Files that were taken from drop folders, by what became of them.")
    package static let rows = counter(
        "rows_total", by: ["pipeline", "outcome"], "Rows of dropped files, by what became of them.")
    package static let dataset = gauge("dataset_rows", by: ["pipeline", "split"], "Stored rows, by side.")
    package static let lastDrop = gauge(
        "last_good_drop_timestamp_seconds", by: ["pipeline"],
        "When rows of a drop were stored last, in seconds since 1970; its age is time() minus this.")
    package static let newRows = gauge(
        "new_rows_right_share", by: ["pipeline"],
        "The share of the newest drop's rows that what was served answered rightly before they were learnt.")

    // MARK: Runs

    package static let runs = gauge("runs", by: ["pipeline", "state"], "Runs by the state that they are in.")
    package static let oldestWait = gauge(
        "run_oldest_wait_seconds", by: ["pipeline"], "How long the oldest queued run waits; 0 where none does.")
    package static let step = gauge("run_step", by: ["pipeline"], "Optimiser steps that the run at work has done.")
    package static let steps = gauge("run_planned_steps", by: ["pipeline"], "Optimiser steps that it is to do.")
    package static let loss = gauge(
        "run_loss", by: ["pipeline"], "Its mean loss per labelled token at the last step, in nats.")
    package static let rate = gauge("run_tokens_per_second", by: ["pipeline"], "Tokens that it trains on each second.")
    package static let trained = counter(
        "trained_tokens_total", by: ["pipeline"], "Tokens that workers have trained on.")
    package static let ended = counter(
        "runs_ended_total", by: ["pipeline", "outcome"], "Runs that came to a verdict, failed or were cancelled.")
    package static let workersStarted = counter(
        "workers_started_total", by: ["task"], "Workers that were started, by what they were to do.")
    package static let workersDied = counter(
        "workers_died_total", by: ["task"], "Workers that died or could not be started, by what they were to do.")

    // MARK: What is served

    package static let promotions = counter(
        "promotions_total", by: ["pipeline", "kind"], "Changes of what a pipeline serves, by their kind.")
    package static let lastPromotion = gauge(
        "last_promotion_timestamp_seconds", by: ["pipeline"],
        "When a run was promoted last, in seconds since 1970; absent where none was.")
    package static let gateEstimate = gauge(
        "gate_difference", by: ["pipeline", "metric"],
        "By how much what is served was better than what it was compared with when it was promoted.")
    package static let gateLower = gauge(
        "gate_difference_lower", by: ["pipeline", "metric"], "The lower bound of that difference.")
    package static let gateUpper = gauge(
        "gate_difference_upper", by: ["pipeline", "metric"], "The upper bound of that difference.")
    package static let ratings = counter(
        "ratings_total", by: ["pipeline", "rating"], "Ratings of answers, by what they say.")
    package static let badShare = gauge(
        "bad_share", by: ["pipeline"],
        "The share of bad ones among the rated answers of what is served, as far as kept.")
    package static let badShareLower = gauge(
        "bad_share_lower", by: ["pipeline"], "Its lower bound, which holds at all looks together.")
    package static let badShareUpper = gauge(
        "bad_share_upper", by: ["pipeline"], "Its upper bound, which holds at all looks together.")
    package static let completions = gauge("kept_completions", by: ["pipeline"], "Completions that are kept.")
    package static let notifications = counter(
        "notifications_total", by: ["target", "outcome"], "Attempts to tell hooks and webhooks of events.")
    package static let notificationsPending = gauge("notifications_pending", "Events that are still to be told.")

    // MARK: Requests

    package static let requests = counter(
        "requests_total", by: ["route", "status", "model"],
        """
        Requests by route, status and, where a model was asked, the pipeline or base; versions and runs that are \
        asked for by name count together.
        """)
    package static let requestSeconds = histogram(
        "request_duration_seconds", buckets: [0.005, 0.025, 0.1, 0.5, 2.5, 10, 60, 300],
        "How long requests took until the last byte of their answer.")
    package static let firstToken = histogram(
        "time_to_first_token_seconds", buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
        "Seconds from a question to the first token of its answer, with the time in the queue.")
    package static let queueWait = histogram(
        "queue_wait_seconds", buckets: [0.001, 0.01, 0.1, 0.5, 1, 2.5, 10, 30],
        "Seconds that questions waited before the serving worker had them.")
    package static let tokens = counter(
        "tokens_total", by: ["model", "kind"],
        "Tokens of questions (prompt), those of them that were computed before (cached), and of answers (completion).")
    package static let streams = gauge("streams", "Questions that are being answered.")
    package static let waiting = gauge("queue_length", "Questions that wait for the serving worker.")
    package static let swaps = counter(
        "swaps_total", by: ["pipeline"], "How often the serving worker went on to another version of a pipeline.")

    /// All of them in the order in which they are written and documented.
    package static let groups: [(title: String, families: [MetricFamily])] = [
        ("The daemon", [build, started, ready, problems, records, memory, diskFree, stores]),
        ("Data", [drops, rows, dataset, lastDrop, newRows]),
        (
            "Runs",
            [runs, oldestWait, step, steps, loss, rate, trained, ended, workersStarted, workersDied]
        ),
        (
            "What is served",
            [
                promotions, lastPromotion, gateEstimate, gateLower, gateUpper, ratings, badShare, badShareLower,
                badShareUpper, completions, notifications, notificationsPending,
            ]
        ),
        ("Requests", [requests, requestSeconds, firstToken, queueWait, tokens, streams, waiting, swaps]),
    ]

    package static var all: [MetricFamily] { groups.flatMap(\.families) }
}
