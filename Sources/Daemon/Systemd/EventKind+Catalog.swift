extension EventKind {
    /// What `journalctl --catalog` shows: a heading and an explanation; `@FIELD@` stands for a field.
    package var explanation: (subject: String, text: String) {
        switch self {
        case .daemonStarting:
            (
                "The daemon is starting",
                """
                Settings are read, the ledger is opened and every stage asks for its unfinished work.
                Until it is ready, dropped files wait in their folders; nothing is lost.
                """
            )
        case .daemonWaiting:
            (
                "The daemon waits before it can begin",
                """
                It is up and answers `ftctl status`, and cannot use its state yet: a full disk, a locked ledger or the
                like. The message says what it is. It tries again every few seconds and begins by itself.
                """
            )
        case .daemonStarted:
            (
                "The daemon is ready",
                "The control socket answers and every stage runs. Work that an earlier stop interrupted goes on."
            )
        case .daemonReloading:
            (
                "The daemon reads its settings again",
                """
                Asked by SIGHUP (`systemctl reload finetuned`). Runs at work keep the settings that they started
                with.
                """
            )
        case .daemonReloaded:
            (
                "The daemon has new settings",
                """
                Every later run uses them. A pipeline file with a fault is reported by itself and keeps its
                former settings.
                """
            )
        case .daemonStopping:
            (
                "The daemon is stopping",
                "A run at work writes a checkpoint and goes on from there at the next start."
            )
        case .daemonStopped:
            (
                "The daemon has stopped",
                "Everything is on disk; nothing needs to be done before the next start."
            )
        case .daemonUnhealthy:
            (
                "The daemon does not do its work",
                """
                The liveness check failed, so this keep-alive was left out. If it keeps failing, systemd
                restarts the daemon; no run is lost. The message says which part failed.
                """
            )
        case .daemonFailed:
            (
                "The daemon cannot go on",
                """
                The message names what is at fault and the remedy. systemd starts it again a few times; state is
                untouched.
                """
            )
        case .socketAdopted:
            (
                "The control socket came from systemd",
                "finetuned.socket opened it, so no connection is refused while the daemon restarts."
            )
        case .stageFailed:
            (
                "Stage @STAGE@ cannot do its work",
                """
                The message names the file and the remedy. It is tried again by itself, and ftctl status shows it
                until it is mended.
                """
            )
        case .settingsInvalid:
            (
                "A settings file has a fault",
                """
                The message names file, line, key, value and remedy. What was in force before stays in force, also
                after a restart (from a copy, and then without webhooks), until the file is mended or removed. A file
                that was never sound has nothing to keep, and only its own pipeline is left out. A mended file takes
                effect by itself.
                """
            )
        case .pipelineReady:
            (
                "Pipeline @PIPELINE@ is watched",
                "Files dropped into its folder become rows of its dataset."
            )
        case .pipelineStopped:
            (
                "Pipeline @PIPELINE@ is no longer watched",
                "Its settings file is gone, or says enabled = false. Its data, runs and models stay as they are."
            )
        case .pipelineChanged:
            (
                "A new version does something else with a pipeline's rows",
                """
                It is told once, before the pipeline's next run. The message says what changes and which setting
                keeps what was done before.
                """
            )
        case .pipelineWaiting:
            (
                "Pipeline @PIPELINE@ waits before it trains",
                """
                There are too few rows, the settle time is not over, or a run is at work. The message says
                which, and until when.
                To train all the same: ftctl run @PIPELINE@
                """
            )
        case .watchOverflow:
            (
                "Some file notifications were lost",
                "The kernel's queue was full, so every drop folder is scanned whole instead. No file is missed."
            )
        case .watchFailed:
            (
                "A drop folder cannot be watched",
                "The message names the folder and the reason (often its permissions). The scan goes on trying."
            )
        case .dropReceived:
            (
                "@DROP@ was received in @PIPELINE@",
                "Its bytes are safe under the daemon's own folder. Next, each row is read and judged."
            )
        case .dropValidated:
            (
                "@DROP@ was read",
                "Every row was judged by itself; bad ones are in the report with line, code and remedy."
            )
        case .dropStored:
            (
                "@DROP@ is part of the data of @PIPELINE@",
                """
                Its good rows are in the dataset and count for the next run.
                Report: ftctl drop @DROP@
                """
            )
        case .dropRowsRejected:
            (
                "Some rows of @DROP@ were rejected",
                """
                The good rows went on. The report names line, code and remedy of every bad one:
                ftctl drop @DROP@
                """
            )
        case .dropQuarantined:
            (
                "@DROP@ was quarantined",
                """
                No row of it can be used. The original bytes and report.json, which says why, are under
                quarantine/@PIPELINE@.
                Mend the file and drop it again.
                """
            )
        case .dropDuplicate:
            (
                "@DROP@ came before",
                "The same bytes were dropped earlier, so nothing was added."
            )
        case .dropRefused:
            (
                "Something in a drop folder was not taken",
                """
                It is a symbolic link, no regular file, or not readable. It was left where it is; the message
                says which and why.
                """
            )
        case .dropAnswered, .dropFell: explanationOfAnswers
        case .dropRevoked:
            (
                "@DROP@ was withdrawn",
                """
                Its rows are in no future snapshot. What was trained on it:
                ftctl data lineage @DROP@
                """
            )
        case .runQueued:
            (
                "@RUN@ of @PIPELINE@ is queued",
                "It starts when a compute slot is free. Queue: ftctl runs"
            )
        case .runStarted:
            (
                "@RUN@ of @PIPELINE@ started",
                "A worker trains. Follow it: ftctl watch @RUN@"
            )
        case .runResumed:
            (
                "@RUN@ of @PIPELINE@ goes on from its checkpoint",
                """
                An earlier stop, crash or restart interrupted it. It ends with the same weights as if nothing
                had happened.
                """
            )
        case .runProgress:
            (
                "How far @RUN@ has come",
                """
                A summary every so often, not each step. Fields: FINETUNED_STEP, FINETUNED_STEPS,
                FINETUNED_LOSS, FINETUNED_TOKENS_PER_SECOND.
                Every step: ftctl watch @RUN@, or events.jsonl in the run's folder.
                """
            )
        case .runCheckpoint:
            (
                "@RUN@ wrote a checkpoint",
                "From here it can go on after any interruption."
            )
        case .runInterrupted:
            (
                "@RUN@ was interrupted",
                """
                The daemon is stopping, or a more urgent run needs the slot. It wrote a checkpoint and goes on
                later.
                """
            )
        case .runWaiting:
            (
                "@RUN@ waits for something that passes",
                """
                A full disk, a locked ledger or the like keeps it from going on. Nothing is lost, and nothing needs
                to be started again: it is tried until it goes on from its checkpoint. The message says what is
                waited for.
                """
            )
        case .runTrained:
            (
                "@RUN@ is trained",
                "Next it is evaluated against the served model and the base on the gate rows."
            )
        case .runEvaluating:
            (
                "@RUN@ is being evaluated",
                "Candidate, served model and base answer the same gate rows."
            )
        case .runEvaluated:
            (
                "@RUN@ is evaluated",
                "Next the gates judge it."
            )
        case .runAccepted:
            (
                "@RUN@ passed its gates",
                """
                With promote = "auto" it is served next; otherwise: ftctl promote @RUN@ The numbers: ftctl
                report @RUN@
                """
            )
        case .runRejected:
            (
                "@RUN@ did not pass its gates",
                "The served model stays. The numbers, and the rows that got worse: ftctl report @RUN@"
            )
        case .runInconclusive:
            (
                "The gates cannot tell whether @RUN@ is better",
                """
                Usually there are too few gate rows for the margin. The served model stays.
                The numbers: ftctl report @RUN@
                """
            )
        case .runDelivered:
            (
                "@RUN@ was delivered",
                "Exports are written and hooks have been told."
            )
        case .runFailed:
            (
                "@RUN@ failed",
                """
                The message names cause and remedy. Its rows are kept and count for the next run.
                Details: ftctl show @RUN@
                """
            )
        case .runPaused:
            ("@RUN@ is paused", "Its worker writes a checkpoint and leaves; ftctl resume @RUN@ has it go on.")
        case .runCancelled:
            ("@RUN@ was cancelled", "Its rows are kept and count for the next run.")
        case .experimentStarted:
            (
                "An experiment of @PIPELINE@ has begun",
                "Trials of other settings run while nothing else wants the machine; ftctl experiment show follows them."
            )
        case .experimentTrial:
            (
                "A trial of @PIPELINE@ has come to a rung, or ended",
                "Trials are chosen between on validation rows alone; a fault of one ends only that trial."
            )
        case .experimentEnded:
            (
                "An experiment of @PIPELINE@ is over",
                "The message says what was found. The winner, where it is not the present recipe, is judged once."
            )
        case .experimentAdopted:
            (
                "@PIPELINE@ has adopted what an experiment found",
                """
                Later runs use those values (experiment.adopt = "on_promotion"); changing the recipe in the
                pipeline's file undoes it.
                """
            )
        case .iterationQueued, .iterationEnded: explanationOfIterations
        case .jobMade, .jobFailed, .jobCancelled: explanationOfJobs
        case .workerDied:
            (
                "The worker of @RUN@ died",
                """
                It ended without a result: a crash, the out-of-memory killer, or a signal. It is started again
                from the last checkpoint until its attempts are used up. FINETUNED_STATUS says how it ended;
                what it wrote last is in the run's folder.
                Where memory was short, lower worker.memory in finetuned.toml.
                """
            )
        case .workerHung:
            (
                "The worker of @RUN@ gave no sign of life",
                """
                It was silent for longer than worker.silence_seconds allows, was ended, and is started again from its
                last checkpoint.
                """
            )
        case .workerWarning:
            (
                "The worker of @RUN@ reports something doubtful",
                "The work goes on."
            )
        case .servingStarted:
            ("The serving worker starts", "Somebody asks a model, or serving.preload is on.")
        case .servingStopped:
            ("The serving worker leaves", "Nobody asked for serving.idle_seconds. The next question starts it again.")
        case .servingDied:
            (
                "The serving worker died",
                "Who was answered got an error. It is started again. Where memory was short, lower serving.memory."
            )
        case .versionPromoted:
            (
                "@VERSION@ is now served for @PIPELINE@",
                "The `current` link was flipped in one step. Back: ftctl rollback @PIPELINE@"
            )
        case .versionForced:
            (
                "@VERSION@ is served against its verdict",
                "A person overrode the gates; who and why is on the record for ever: ftctl history @PIPELINE@"
            )
        case .versionRolledBack:
            (
                "@PIPELINE@ serves @VERSION@ again",
                "Who and why: ftctl history @PIPELINE@"
            )
        case .baseAdded:
            (
                "A base model was registered",
                "Pipelines can now name it. Card: ftctl base show ID"
            )
        case .baseRefused:
            (
                "A base model was refused",
                "The message says what cannot be run, and why."
            )
        case .baseRemoved:
            (
                "A base model was removed",
                "Its files are gone; no pipeline used it."
            )
        case .deliveryFailed:
            (
                "Delivering @VERSION@ failed",
                """
                The version is served all the same. The message says which export or hook, and whether it is
                tried again.
                """
            )
        case .hookDone:
            (
                "A hook was told about @VERSION@",
                "Field FINETUNED_HOOK names it."
            )
        case .diskLow, .diskFull, .diskRecovered, .fileUnsound, .ledgerFailed, .ledgerUpgraded, .sandboxPartial,
            .accessChanged, .apiListening, .changeAsked:
            machineExplanation
        }
    }
}
