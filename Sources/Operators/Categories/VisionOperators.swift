extension Operator {
    /// Images and detection.
    static let visionOperators: [Operator] = [
        .nonMaxSuppression,
        .roiAlign,
    ]
}
