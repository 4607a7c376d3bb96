import CPlatform

/// How much work gives way to what people wait for: added to the niceness of the process, which its service manager
/// gave it. On Linux every thread has its own.
package enum Niceness {
    /// Questions that read files or many rows.
    package static let heavyAnswers: Int32 = 2
    /// Stages, the threads that help them, workers and evaluators.
    package static let work: Int32 = 5

    /// The niceness of a program that is started to give way by so much, whichever thread starts it.
    package static func ofPrograms(_ more: Int32) -> Int32 { min(19, ft_process_niceness() + more) }
}
