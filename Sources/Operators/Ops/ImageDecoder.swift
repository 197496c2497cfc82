import GraphIR
import Images

extension Operator {
    /// The pixels of an encoded picture: height, width, channels. What can't be decoded gives an empty matrix, as the
    /// standard says; what we lack the library for is refused.
    /// https://onnx.ai/onnx/operators/onnx__ImageDecoder.html, version 20.
    static let imageDecoder = Operator(
        "ImageDecoder", accuracy: .exact,
        infer: InferenceRule { node in
            try node.vector(0, "encoded_stream")
            let channels: Int64 = try node.binding.string("pixel_format") == "Grayscale" ? 1 : 3
            node.set(0, shape: [.unknown, .unknown, .size(channels)], type: .uint8)
        }
    ) { binding in
        let format = try binding.string("pixel_format") ?? "RGB"
        guard ["RGB", "BGR", "Grayscale"].contains(format) else {
            throw GraphError(.argument, "\"\(format)\" is none of RGB, BGR, Grayscale", argument: "pixel_format")
        }
        return { call in
            let stream = try call.input(0)
            guard stream.shape.count == 1 else {
                throw GraphError(
                    .argument, "expected a vector of bytes, found shape \(stream.shape)", argument: "input 0")
            }
            let image: RGBImage
            do {
                // The picture is there twice: as it is decoded and as the result.
                image = try stream.bytes().withUnsafeBytes { try decodeImage($0, memoryLimit: call.memory / 2) }
            } catch let error as FormatError {
                switch error.code {
                case .containerMalformed, .formatUnknown:
                    return [try call.make([0, 0, format == "Grayscale" ? 1 : 3], of: UInt8.self) { _ in }]
                case .limitMemory: throw GraphError(.memory, error.problem, argument: "input 0", hint: error.hint)
                default: throw GraphError(.unsupportedArgument, error.problem, argument: "input 0", hint: error.hint)
                }
            }
            return [try call.pixels(of: image, as: format)]
        }
    }
}

extension Call {
    fileprivate func pixels(of image: RGBImage, as format: String) throws -> Tensor {
        let count = image.width * image.height
        return try make([image.height, image.width, format == "Grayscale" ? 1 : 3], of: UInt8.self) { target in
            image.pixels.withUnsafeBufferPointer { source in
                switch format {
                case "RGB": _ = target.update(from: source)
                case "BGR":
                    for index in 0..<count {
                        for channel in 0..<3 { target[3 * index + channel] = source[3 * index + 2 - channel] }
                    }
                default:
                    _ = target.update(fromContentsOf: image.luma)
                }
            }
        }
    }
}
