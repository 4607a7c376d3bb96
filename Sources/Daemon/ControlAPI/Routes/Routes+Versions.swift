import ControlProtocol
import Operations

extension Routes {
    mutating func addVersions(_ operations: Operations) {
        let versions = operations.versions
        on(.versions.list) { try versions.all($0.subject, for: $0.principal) }
        on(.versions.show) { try versions.one($0.subject.pipeline, $0.subject.version, for: $0.principal) }
        on(.versions.annotate) { try versions.annotate($0.subject.pipeline, $0.subject.version, $0.body) }
        on(.versions.alias) { try versions.alias($0.subject, $0.body, who: $0.who) }
        on(.versions.compare) { try versions.compare($0.query.pipeline, $0.query.a, $0.query.b, for: $0.principal) }
        let exports = operations.exports
        on(.versions.export) { try exports.order($0.body, who: $0.who) }
        on(.versions.exported) { try exports.show($0.subject.version, $0.subject.format) }
        on(.versions.exportedFile) {
            try exports.file($0.subject.place.version, $0.subject.place.format, $0.subject.file)
        }
        let packs = operations.packs
        on(.versions.pack) { try packs.pack($0.subject, who: $0.principal) }
        on(.versions.add) { try packs.add($0.subject, $0.body, who: $0.principal) }
        on(.versions.garbage) { try versions.garbage(remove: false, for: $0.principal) }
        on(.versions.clear) { _ in try versions.garbage(remove: true) }
    }
}
