import GraphIR

/// The IR version of a model.
/// - Throws: `graph.invalid` where it is missing or names no operator set, `container.unsupported` where it is newer than
///   ours.
func checkedIRVersion(_ version: Int64?, imports: [OpsetImport]) throws -> Int64 {
    guard let version, version >= 1 else {
        throw FormatError(
            .graphInvalid, "the IR version is \(version.map { "\($0)" } ?? "missing"), expected 1 or more")
    }
    guard version <= ONNXVersion.newestIR else {
        throw FormatError(
            .containerUnsupported,
            "the IR version is \(version), the newest that is read is \(ONNXVersion.newestIR)")
    }
    // Operator sets came with IR version 3.
    guard !imports.isEmpty || version < 3 else {
        throw FormatError(.graphInvalid, "the model imports no operator set")
    }
    return version
}

/// - Throws: `graph.invalid` where a domain is imported in two versions, `container.unsupported` for a version of ONNX's
///   own that doesn't exist.
func checkVersions(of imports: [OpsetImport]) throws {
    var versions: [ExactName: Int64] = [:]
    for item in imports {
        let domain = item.domain == "ai.onnx" ? "" : item.domain ?? ""
        let known = versions.updateValue(item.version, forKey: ExactName(domain))
        guard known == nil || known == item.version else {
            throw FormatError(.graphInvalid, "the operator set '\(domain)' is imported in two versions")
        }
        guard item.version >= 1, !domain.isEmpty || item.version <= ONNXVersion.newestOpset else {
            throw FormatError(
                .containerUnsupported,
                "version \(item.version) of the operator set '\(domain)' is asked for; "
                    + "1 to \(ONNXVersion.newestOpset) exist")
        }
    }
}
