import CPlatform

/// Work that takes only what nobody else wants of the machine.
package enum IdlePriority {
    /// Gives the calling thread the lowest priority for the processor and the disk; a refusal changes nothing.
    package static func take() { ft_idle_thread() }
}
