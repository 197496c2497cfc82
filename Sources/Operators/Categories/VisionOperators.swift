extension Operator {
    /// Images and detection.
    static let visionOperators: [Operator] = [
        .imageDecoder,
        .nonMaxSuppression,
        .roiAlign,
    ]
}
