/// How far the losses of an exported model may lie from those of the model in memory, in nats a token on average.
extension ExportFormat {
    /// What rounding to the format may cost a model that is served, where `gates.artefact_tolerance` says nothing.
    package var judgedTolerance: Double {
        switch self {
        case .peft, .ggufLora: 0.001
        case .huggingfaceF32: 0.005
        case .huggingfaceF16, .ggufF16: 0.02
        case .huggingface, .huggingfaceBF16, .ggufQ8: 0.05
        }
    }

    /// The difference from which on the writing itself is at fault: the worker refuses the files, whatever the gates
    /// would allow. For q8_0 and bfloat16 it is wide, since a small model loses more by rounding than a pipeline may
    /// care for.
    package var writtenTolerance: Double {
        switch self {
        case .peft, .ggufLora: 1e-5
        case .huggingfaceF32: 0.002
        case .huggingfaceF16, .ggufF16: 0.02
        case .huggingface, .huggingfaceBF16, .ggufQ8: 0.15
        }
    }
}
