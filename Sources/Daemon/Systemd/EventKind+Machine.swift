extension EventKind {
    /// The explanations of what happens to the machine: its disks, its files, the ledger.
    var machineExplanation: (subject: String, text: String) {
        switch self {
        case .diskLow:
            (
                "The disk is nearly full",
                """
                No new work is started below minimum_free; runs at work go on while they can. Make room:
                ftctl status shows what takes it.
                """
            )
        case .diskFull:
            (
                "The disk is full",
                """
                What was being written was not kept, and nothing that was there before was touched. Work goes on
                when there is room.
                """
            )
        case .diskRecovered:
            (
                "There is room on the disk again",
                "Work goes on."
            )
        case .fileUnsound:
            (
                "A file that models or runs rest on is gone or changed",
                """
                Restore it from a backup before a run needs it. The message names the file, whose it is, and the
                digest that it must have. `ftctl verify` reads all of them.
                """
            )
        case .ledgerUpgraded:
            (
                "The ledger was upgraded",
                """
                A newer finetuned was started on it. The message names the copy of what it was: with that, the former
                finetuned can be installed again.
                """
            )
        case .sandboxPartial:
            (
                "Programs of the daemon are confined by the unit alone",
                """
                The kernel has no Landlock, or the unit does not let the daemon use it: hooks, evaluators and engines
                can read the whole state and change it. docs/operating.md, "Programs that the daemon starts".
                """
            )
        case .accessChanged:
            (
                "Who may ask the daemon has changed",
                """
                A token was made or removed, things of somebody who is gone passed to the admins, or a new version
                asks for other groups. The message says which. docs/api.md, "Who may what", has the whole table.
                """
            )
        case .apiListening:
            (
                "The API is offered over TCP",
                """
                By api.listen of finetuned.toml, or by finetuned-api.socket. The message has the address, and whether
                TLS and tokens are asked for.
                """
            )
        case .changeAsked:
            (
                "@FINETUNED_USER@ asked for a change",
                """
                FINETUNED_ACTION says which, FINETUNED_UID and FINETUNED_PID who, and FINETUNED_OUTCOME what became of
                it: done, or the code of the error. `ftctl audit` lists them from the ledger.
                """
            )
        // The ledger; no other kind asks here.
        default:
            (
                "The ledger cannot be read or written",
                """
                Stages stop until it can. If the file is damaged, restore ledger.sqlite from a backup;
                docs/operating.md says how.
                """
            )
        }
    }
}
