/// Settings of which the defaults are known.
package protocol StandardSettings: SendableMetatype {
    /// What holds where the file says nothing.
    static var standard: Self { get }
}

extension DaemonSettings: StandardSettings {
    package static let standard = DaemonSettings()
}

extension PipelineSettings: StandardSettings {
    package static let standard = PipelineSettings(name: "", file: "", base: "")
}
