import Foundation
import Nouns

/// What comes next in a pipeline, and what it waits for.
package struct PipelineOutlook: Codable, Hashable, Sendable {
    package enum Next: String, Codable, Hashable, Sendable, CaseIterable {
        /// A run is at work or queued.
        case run
        /// A run follows by itself: after the settle time, or after the run at work.
        case soon
        /// Something has to come first: more rows, a time, or `ftctl run`.
        case trigger
        /// A person has to do something first.
        case person
    }

    package var next: Next
    /// What it does or waits for: `waiting for 4 more new rows (6 of 10)`.
    package var sentence: String
    /// The run that is at work or queued.
    package var run: RunID?
    /// When the pipeline is looked at again, where a time is waited for.
    package var until: Date?
    package init(_ next: Next, _ sentence: String, run: RunID? = nil, until: Date? = nil) {
        self.next = next
        self.sentence = sentence
        self.run = run
        self.until = until
    }
}
