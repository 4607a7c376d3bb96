// finetune-worker REQUEST.json: one piece of numeric work, described by docs/engine-protocol.md.
import Foundation

exit(WorkerProgram.run(Array(CommandLine.arguments.dropFirst())).rawValue)
