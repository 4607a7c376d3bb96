import Launching
import Nouns
import Settings
import StageKit

extension Confinement {
    /// Of a hook or a canary: its pipeline's own, the run and the exports that the event is about, and what
    /// `delivery.writable` names.
    static func delivery(_ context: StageContext, _ data: DeliveryEvent.Payload, _ settings: DeliverySettings)
        -> Confinement
    {
        let layout = context.layout
        let run = data.run.map { layout.run($0) }
        let export = data.version.map { layout.export($0) }
        return Confinement(
            layout, context.settings.now, of: data.pipeline, reading: [run, export].compactMap(\.self),
            writing: settings.writable)
    }
}
