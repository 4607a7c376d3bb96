import Nouns

/// Where the daemon's control group is, and what is said where there is none.
extension ControlGroups {
    /// The folder of the group that this process is in; nil where there are no groups of version 2.
    package static func place(_ files: any KernelFiles) -> String? {
        guard let mounts = files.text("/proc/self/mountinfo"), let groups = files.text("/proc/self/cgroup"),
            let mount = mount(mounts), let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
        else { return nil }
        let path = line.dropFirst(3)
        return path == "/" ? mount : mount + path
    }

    /// Where groups of version 2 are mounted, by the text of a `mountinfo`: `… PLACE OPTIONS … - cgroup2 …`.
    package static func mount(_ mounts: String) -> String? {
        for line in mounts.split(separator: "\n") {
            let halves = line.split(separator: " - ", maxSplits: 1, omittingEmptySubsequences: false)
            guard halves.count == 2, halves[1].hasPrefix("cgroup2 ") else { continue }
            let words = halves[0].split(separator: " ")
            if words.count > 4 { return String(words[4]) }
        }
        return nil
    }

    /// The group that was given, which holds this process or the group that this process was started in.
    static func given(_ place: String, _ files: any KernelFiles) -> String? {
        if files.isDelegated(place) { return place }
        guard let cut = place.lastIndex(of: "/") else { return nil }
        let above = String(place[..<cut])
        return files.isDelegated(above) ? above : nil
    }

    static let remedy =
        "Run the daemon by its unit (Delegate=), on a machine that boots with control groups of version 2."

    static let notThere = Failure(
        code: "groups.absent",
        "Workers have no control groups of their own: the machine has none of version 2.",
        remedy: "Boot it with systemd.unified_cgroup_hierarchy=1.")

    static let notGiven = Failure(
        code: "groups.not_given",
        "Workers have no control groups of their own: the daemon was given none.", remedy: remedy)

    /// What a missing controller means.
    static func missing(_ controller: Controller, _ cause: String?) -> Failure {
        let what =
            switch controller {
            case .memory:
                "no worker is held to resources.memory_max, and who killed a worker cannot be told"
            case .cpu: "resources.cpu_weight holds nobody, and idle work has its niceness alone"
            case .io: "resources.io_weight holds nobody"
            }
        return Failure(
            code: "groups.controller",
            "The control group of the daemon has no controller \(controller.rawValue): \(what).",
            remedy: "Boot the machine with systemd.unified_cgroup_hierarchy=1 and without cgroup_disable=.",
            cause: cause)
    }
}
