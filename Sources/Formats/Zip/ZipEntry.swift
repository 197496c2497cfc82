/// One record of a zip archive, as its central directory describes it and its local header confirms.
public struct ZipEntry: Sendable, Hashable {
    /// How the payload is kept (APPNOTE 4.4.5).
    public enum Method: UInt16, Sendable {
        case stored = 0
        case deflated = 8
    }

    /// The entry's name.
    public let name: String
    /// Bytes once inflated.
    public let size: Int
    /// Bytes in the archive.
    public let compressedSize: Int
    /// How the payload is compressed.
    public let method: Method
    /// CRC-32 of the inflated bytes; 0 where the writer left it out, as PyTorch does with `compute_crc32=False`.
    public let crc32: UInt32
    /// Where the local header starts.
    public let headerOffset: Int
    /// Where the payload starts.
    public let dataOffset: Int

    /// Whether nothing vouches for the payload: torch and others write 0 in place of a checksum.
    public var isUnchecked: Bool { crc32 == 0 && size > 0 }
}
