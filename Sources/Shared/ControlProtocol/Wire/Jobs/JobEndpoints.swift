import Nouns

/// OpenAI's questions and orders about fine-tuning jobs.
package enum JobEndpoints {
    package static let create = Endpoint<NoSubject, NoQuery, NewJob, JobObject>(
        wire: "jobs.create", .post, "/v1/fine_tuning/jobs",
        "Makes a job of a kept file: it becomes a drop of its pipeline, and a run on its rows is queued at once.",
        weight: .heavy, access: .use)
    package static let list = Endpoint<NoSubject, JobQuery, NoBody, WirePage<JobObject>>(
        "jobs.list", .get, "/v1/fine_tuning/jobs", "Lists one's jobs, the newest first.", weight: .heavy,
        dialect: .openAI, access: .own)
    package static let show = Endpoint<JobID, NoQuery, NoBody, JobObject>(
        "jobs.show", .get, "/v1/fine_tuning/jobs/{job}", "Shows one job.", dialect: .openAI, access: .own)
    package static let cancel = Endpoint<JobID, NoQuery, NoBody, JobObject>(
        "jobs.cancel", .post, "/v1/fine_tuning/jobs/{job}/cancel", "Stops a job for good.", dialect: .openAI,
        access: .own)
    package static let pause = Endpoint<JobID, NoQuery, NoBody, JobObject>(
        "jobs.pause", .post, "/v1/fine_tuning/jobs/{job}/pause",
        "Has a job's worker write a checkpoint and leave, and the job be queued until it is resumed.",
        dialect: .openAI, access: .own)
    package static let resume = Endpoint<JobID, NoQuery, NoBody, JobObject>(
        "jobs.resume", .post, "/v1/fine_tuning/jobs/{job}/resume", "Has a paused job go on from its checkpoint.",
        dialect: .openAI, access: .own)

    package static let events = Endpoint<JobID, JobPageQuery, NoBody, WirePage<JobEventObject>>(
        "jobs.events", .get, "/v1/fine_tuning/jobs/{job}/events", "Lists what happened to a job, the newest first.",
        weight: .heavy, choice: QueryChoice("stream", "false", isDefault: true), dialect: .openAI, access: .own)
    package static let follow = Endpoint<JobID, NoQuery, NoBody, EventStream>(
        "jobs.follow", .get, "/v1/fine_tuning/jobs/{job}/events",
        "Tells what happens to a job from its beginning to its end, the oldest first, and ends with `[DONE]`.",
        choice: QueryChoice("stream", "true"), dialect: .openAI, access: .own)

    package static let checkpoints = Endpoint<JobID, JobCheckpointQuery, NoBody, WirePage<JobCheckpointObject>>(
        "jobs.checkpoints", .get, "/v1/fine_tuning/jobs/{job}/checkpoints",
        "Lists what a job had trained by the end of each epoch that is kept, the newest first.", weight: .heavy,
        dialect: .openAI, access: .own)

    /// What the page says of them.
    static let about = """
        A job is a run of a pipeline. Its `training_file` becomes a drop of the pipeline, which starts no other run; \
        the job's run learns the rows of that file,
        whether the dataset knew them before or not, less those on the validation and gate sides, and is queued as \
        soon as the file is read, whatever the triggers say.
        Gates and `promote` hold as for every run. A file with a bad row, or fewer than 10 rows, fails its job with \
        the line. `validation_file` chooses among
        checkpoints and never judges. The same file, seed and settings give the same adapter, byte for byte.

        ```python
        rows = "".join('{"prompt": "Where is order %d?", "completion": "delivery"}\\n' % n for n in range(50))
        file = client.files.create(file=("tickets.jsonl", rows.encode()), purpose="fine-tune")
        job = client.fine_tuning.jobs.create(
            model="support", training_file=file.id, seed=7, extra_headers={"Idempotency-Key": "tickets-1"})
        print(job.id, job.status, job.finetuned["pipeline"])
        print([event.message for event in client.fine_tuning.jobs.list_events(job.id)])
        print(client.fine_tuning.jobs.cancel(job.id).status)
        ```

        `suffix` names the pipeline: in lower case, every character but `a`–`z` and `0`–`9` becomes `-`, those at its \
        ends go, and 63 are kept; without one it is
        `<base>-<user>`. Two texts that become the same name are refused, and so is one of which nothing is left. \
        Where there is no such pipeline it is made, with default
        settings and the base; `ftctl pipeline show NAME --toml` prints it as a file, and a file in \
        `/etc/finetuned/pipelines` goes before. It belongs to the user of its first job, who lets
        others use it by `ftctl pipeline share NAME USER`; to admins nothing is forbidden.

        `model` is a base: the job begins there, on its file alone. Or it is a pipeline or a version \
        (`ft:<base>:local:<pipeline>[:<8 hex>]`): that version goes on,
        with earlier rows mixed in as the pipeline says. `n_epochs`, `batch_size` and `beta` are the recipe's; \
        `learning_rate_multiplier` multiplies the rate that the recipe has or finds;
        what is left out or `"auto"` is the pipeline's, and answers show the numbers that are used. The method `dpo` \
        takes rows of two answers alone; `supervised` learns the preferred ones; without a method
        such rows are learnt as the pipeline's recipe says.

        | `status` | the run |
        |---|---|
        | `validating_files` | there is none yet: the file is being read |
        | `queued` | queued; or paused, which `finetuned.paused_by` says |
        | `running` | training, trained, evaluating or evaluated |
        | `succeeded` | accepted, rejected, inconclusive, promoted or delivered: a rejected model is a succeeded job, \
        and `fine_tuned_model` can be asked |
        | `failed`, `cancelled` | the same |

        What OpenAI's jobs do not have stands in `finetuned`: `pipeline`, `run`, `version`, `verdict`, `gates` (each \
        with `metric`, `estimate`, `low`, `high`, `passed`), `served_since`, `report`,
        `learning_rate`, `epochs`, `paused_by`.

        After each epoch what is trained by then is kept as a checkpoint, an adapter without moments, under the name \
        `ft:<base>:local:<pipeline>:<run>:ckpt-step-<step>`: the last three and the best.
        They count among the bytes of `[retention]`, and go first; `DELETE /v1/models/NAME` removes one. \
        `result_files` names one table of the steps once the job has succeeded: `step,train_loss,train_accuracy,\
        valid_loss,valid_mean_token_accuracy`, where `train_accuracy`
        is that of pairs.

        Refused, with the field's name: `method.type` other than `supervised` and `dpo`, `integrations`, `beta` \
        without `dpo`, a base that is not the pipeline's, a suffix that is not that of the model's pipeline.
        A job belongs to the user who made it; to others it does not exist.
        """

    static let all = [
        create.description, list.description, show.description, cancel.description, pause.description,
        resume.description, events.description, follow.description,
        checkpoints.description,
    ]
}
