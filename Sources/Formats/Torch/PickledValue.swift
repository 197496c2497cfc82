import GraphIR

/// What a pickle holds, as data: a tree of bounded depth and size. Nothing in it was imported or called.
public indirect enum PickledValue: Sendable {
    case none
    case bool(Bool)
    case int(Int64)
    /// An integer past 64 bits: little-endian two's complement.
    case bigInt([UInt8])
    case float(Double)
    case complex(Double, Double)
    case string(String)
    case bytes([UInt8])
    case tensor(PickledTensor)
    case list([PickledValue])
    case tuple([PickledValue])
    case set([PickledValue])
    /// `dict`, `OrderedDict`, `defaultdict`, `Counter`, in the order of the file. Keys of text are there once.
    case dictionary([(key: PickledValue, value: PickledValue)])
    case object(PickledObject)
    /// A class or function that was named and not called, as `module.name`; also dtypes such as `torch.float32`.
    case global(String)

    /// How deep values may nest. A module of PyTorch takes three levels for each of its own, honest files stay below
    /// 60; recursion over a value of this depth fits the smallest thread's stack.
    public static let maximumDepth = 200
    /// How many values a file may hold, a shared one counted each time that it is referred to: a few for each tensor of
    /// the largest checkpoint, and far from what would fill memory.
    public static let maximumCount = 1 << 20
}

/// A tensor with what PyTorch keeps beside it.
public struct PickledTensor: Sendable {
    /// How the stored integers stand for real numbers.
    public enum Quantization: Sendable {
        /// (q − zeroPoint) · scale.
        case perTensor(scale: Double, zeroPoint: Int64)
        /// The same with a scale and zero point for each index along `axis`.
        case perChannel(scales: Tensor, zeroPoints: Tensor, axis: Int)
    }

    /// Dense and row-major, whatever the file holds. Of a quantised tensor: the integers.
    public var tensor: Tensor
    /// What tells storages apart: tensors of one file with the same name here share memory.
    public var storage: String
    /// Whether it is a `torch.nn.Parameter`.
    public var isParameter: Bool
    /// Whether training changes the tensor.
    public var requiresGradient: Bool
    /// The scale and zero point of a quantized tensor.
    public var quantization: Quantization?
    /// Whether it was sparse in the file; `tensor` is dense all the same.
    public var isSparse: Bool
    /// Whether it has a shape but no data (`device='meta'`): reading its bytes is an error.
    public var isMeta: Bool
    /// The subclass of `torch.Tensor` that it is an instance of.
    public var className: String?
    /// Python attributes of a parameter or tensor subclass.
    public var attributes: PickledValue?

    public init(
        _ tensor: Tensor, storage: String, isParameter: Bool = false, requiresGradient: Bool = false,
        quantization: Quantization? = nil, isSparse: Bool = false, isMeta: Bool = false, className: String? = nil,
        attributes: PickledValue? = nil
    ) {
        self.tensor = tensor
        self.storage = storage
        self.isParameter = isParameter
        self.requiresGradient = requiresGradient
        self.quantization = quantization
        self.isSparse = isSparse
        self.isMeta = isMeta
        self.className = className
        self.attributes = attributes
    }
}

/// An instance of a class that we don't know: its name and what it was made of.
public struct PickledObject: Sendable {
    /// As `module.name`.
    public var className: String
    /// What its class would have been called with.
    public var arguments: [PickledValue]
    /// What its `__setstate__` or `__dict__` would have got.
    public var state: PickledValue?
    /// What was appended to it, where its class is a kind of list.
    public var items: [PickledValue]
    /// What was set in it, where its class is a kind of dictionary.
    public var entries: [(key: PickledValue, value: PickledValue)]

    public init(
        className: String, arguments: [PickledValue] = [], state: PickledValue? = nil, items: [PickledValue] = [],
        entries: [(key: PickledValue, value: PickledValue)] = []
    ) {
        self.className = className
        self.arguments = arguments
        self.state = state
        self.items = items
        self.entries = entries
    }
}
