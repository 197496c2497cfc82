import GraphIR
import Testing

@Suite struct ValueTypeTests {
    @Test func shapesPrintAsTheyAreWritten() {
        #expect("\([Dimension.size(1), .named("height"), .unknown])" == "[1, height, ?]")
    }

    /// Paddle's exporter writes -1 for a dimension that it doesn't know. The file's number is kept for writing back.
    @Test func negativeSizeIsUnknown() {
        let type = ValueType.tensor(.float32, [.size(-1), .size(3), .named("height"), .unknown])
        #expect(type.dimensions == [.unknown, .size(3), .named("height"), .unknown])
        #expect(
            type.kind
                == .tensor(
                    elementType: 1,
                    shape: [.size(-1), .size(3), .named("height"), .unknown].map { AnnotatedDimension($0) }))
    }
}
