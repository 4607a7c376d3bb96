/// The numbers of a vector that are not 0: their places, in order, and their values.
package struct SparseVector: Sendable {
    package var places: [UInt32]
    package var values: [Float]

    /// - Parameter places: as many as there are values.
    package init(places: [UInt32], values: [Float]) {
        self.places = places
        self.values = values
    }
}
