/// Who may what, as a section of docs/api.md.
enum AccessTable {
    static var text: String {
        introduction + ControlAPITable.all.map(row).joined()
    }

    private static let introduction = """

        ## Who may what

        On the Unix socket the kernel says who asks: members of group `finetuned` are users, members of \
        `finetuned-admin` and root are admins, and whoever
        else the socket's permissions let in is a reader. Under `--root` the daemon's own user is an admin. Programs \
        that the daemon itself started are refused. Over TCP a token decides, and whoever shows none is a user called \
        `loopback` on an address of
        this machine, and nobody elsewhere (docs/operating.md, "Over the network").

        "own" is what somebody may do with what is his: his files and uploads, his jobs and their runs, and the \
        pipelines that his jobs made; "own pipeline" is the last alone. Files, uploads and jobs of others, with the \
        runs, drops and rows of those jobs,
        answer 404, as if they were not there. Nothing else names them either: they are in no list, status, report, \
        example or export of rows, and where something that is everybody's would name one (a version its run), it \
        says `hidden`. A model that such a job has trained is one for others once it is promoted.
        A pipeline of the settings belongs to the admins. What is \
        somebody's is marked with the number of the user or the identifier of the token, not with a name;
        what a user leaves who is removed is the admins'. A refusal (403) names the group and the command that adds \
        a person.

        | route | nobody | reader | user | admin |
        |---|---|---|---|---|

        """

    private static func row(_ endpoint: EndpointDescription) -> String {
        let cells = Role.allCases.map { endpoint.access.cell($0) }
        return "| `\(endpoint.method.rawValue) \(endpoint.address)` | \(cells.joined(separator: " | ")) |\n"
    }
}
