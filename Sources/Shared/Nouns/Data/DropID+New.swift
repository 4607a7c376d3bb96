import Foundation

extension Identifier where Noun == Drop {
    /// An identifier that sorts by time of arrival.
    package static func new(at date: Date, random: UInt32) -> DropID {
        let parts = Calendar(identifier: .gregorian).dateComponents(in: .gmt, from: date)
        return DropID(
            String(
                format: "d-%04d%02d%02d-%02d%02d%02d-%08x", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0,
                parts.hour ?? 0, parts.minute ?? 0,
                parts.second ?? 0, random))
    }
}
