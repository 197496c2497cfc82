import Testing
import Weightbridge

/// One model in seventeen containers: the same tensors, bit for bit.
@Suite struct ContainerTests {
    static let exact = [
        "legacy.pth", "protocol4.pth", "protocol5.pth", "training_checkpoint.pth", "model.safetensors",
        "one_storage.pth", "channels_last.pth", "parameters.pth", "whole_module.pth", "torchscript.pt", "exported.pt2",
        "model.safetensors.index.json",
    ]

    @Test(arguments: exact) func sameBits(_ name: String) throws {
        let reference = try Digits.stateDict()
        let tensors = try Digits.stateDict(name)
        #expect(Set(tensors.names) == Set(reference.names))
        #expect(reference.count == 65)
        for key in reference.names {
            let (want, got) = (try #require(reference[key]), try #require(tensors[key]))
            #expect(got.elementType == want.elementType && got.shape == want.shape, "\(key)")
            #expect(try got.bytes().array() == want.bytes().array(), "\(key)")
        }
    }

    /// PyTorch rounds to nearest, ties to even; so does Swift's conversion to Float16.
    @Test func halfIsRoundedAsPyTorchRounds() throws {
        try compareRounded("half.pth", to: .float16) { UInt16(Float16($0).bitPattern) }
    }

    @Test func bfloat16IsRoundedAsPyTorchRounds() throws {
        try compareRounded("bfloat16.safetensors", to: .bfloat16) { value in
            let bits = value.bitPattern
            return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ ((bits >> 16) & 1)) >> 16)
        }
    }

    @Test func orderIsThatOfTheModule() throws {
        for name in ["legacy.pth", "protocol4.pth", "training_checkpoint.pth", "parameters.pth"] {
            #expect(try Digits.stateDict(name).names == Digits.stateDict().names, "\(name)")
        }
    }

    private func compareRounded(
        _ name: String, to elementType: ElementType, _ round: (Float) -> UInt16
    ) throws {
        let reference = try Digits.stateDict()
        let tensors = try Digits.stateDict(name)
        #expect(tensors.count == reference.count)
        for key in reference.names {
            let (want, got) = (try #require(reference[key]), try #require(tensors[key]))
            #expect(got.shape == want.shape)
            if want.elementType == .float32 {
                #expect(got.elementType == elementType)
                let rounded: [UInt16] = try want.array(of: Float.self).map(round)
                #expect(try got.bytes().array() == rounded.withUnsafeBytes { [UInt8]($0) }, "\(key)")
            } else {
                #expect(try got.bytes().array() == want.bytes().array(), "\(key)")
            }
        }
    }
}
