import Foundation
// A worker without an engine: it speaks the protocol, takes its time, checkpoints and resumes, and "learns" by counting
// generations. What the daemon does around its workers is tested with it in milliseconds.
import Nouns
import Platform
import WorkerProtocol

signal(SIGPIPE, SIG_IGN)
signal(WorkerSignal.stop) { _ in FakeWorker.stopped.pointee = 1 }
if CommandLine.arguments.dropFirst() == ["--describe"] {
    let description = EngineDescription(
        tasks: WorkerTask.Kind.allCases, architectures: ["llama"], methods: [.lora],
        devices: ["cpu"], versions: ["fake-worker": BuildVersion.text])
    guard let answer = try? ContractCoding.encode(description) else { exit(WorkerExit.internalFault.rawValue) }
    FileHandle.standardOutput.write(answer)
    exit(WorkerExit.done.rawValue)
}
guard CommandLine.arguments.count > 1, let data = FileManager.default.contents(atPath: CommandLine.arguments[1]),
    let request = try? ContractCoding.decode(WorkerRequest.self, from: data)
else { exit(WorkerExit.badRequest.rawValue) }
do {
    try FakeWorker(request: request).run()
} catch let failure as Failure {
    var event = WorkerEvent(.failed)
    event.failure = failure
    FakeWorker.tell(event)
    exit(WorkerExit.badData.rawValue)
} catch let failure as FileFailure where failure.isFull {
    FileHandle.standardError.write(Data("\(failure)\n".utf8))
    exit(WorkerExit.cannotWrite.rawValue)
} catch {
    FileHandle.standardError.write(Data("\(error)\n".utf8))
    exit(WorkerExit.internalFault.rawValue)
}
