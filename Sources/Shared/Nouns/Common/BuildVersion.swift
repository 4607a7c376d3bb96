/// The version of the programs, recorded with everything they make.
package enum BuildVersion {
    package static let text = "0.1.0"
}
