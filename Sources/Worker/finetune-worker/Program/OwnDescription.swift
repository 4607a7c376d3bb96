import Foundation
import Nouns
import Tensors
import Transformers
import WorkerProtocol

/// What this engine says of itself (`--describe`).
enum OwnDescription {
    static var value: EngineDescription {
        EngineDescription(
            tasks: WorkerTask.Kind.allCases, architectures: ModelConfiguration.Family.allCases.map(\.name),
            methods: Recipe.Method.allCases, devices: ["cpu"],
            versions: ["finetune-worker": BuildVersion.text, "openblas": BLAS.version, "openblas-core": BLAS.core])
    }
}
