import Nouns
import Places

extension SettingsFolder {
    /// Keeps the settings that were in force before for every pipeline whose file is there and not sound, until it is
    /// mended or removed.
    ///
    /// What was in force goes before what is new: a file that claims the drop folder of a pipeline that keeps its
    /// settings is at fault itself.
    ///
    /// - Parameter former: the pipelines that were in force.
    package mutating func keepFormer(_ former: [PipelineSettings], _ layout: Layout) {
        let former = Dictionary(former.map { ($0.file, $0) }, uniquingKeysWith: { $1 })
        var waiting = faulty.sorted()
        while let file = waiting.popLast() {
            guard let settings = former[file], !kept.contains(settings.name) else { continue }
            let folder = Self.dropFolder(settings, layout)
            for other in pipelines where Self.dropFolder(other, layout) == folder {
                pipelines.removeAll { $0.name == other.name }
                refuse(other, sharing: folder, with: settings)
                waiting.append(other.file)
            }
            pipelines.append(settings)
            kept.append(settings.name)
        }
        pipelines.sort { $0.name < $1.name }
        kept.sort()
    }
}
