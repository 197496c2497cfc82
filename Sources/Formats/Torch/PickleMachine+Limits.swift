import GraphIR

/// What one pickle may cost. Opcodes of a few bytes can copy, compare or nest what others made, again and again, so
/// neither the file's size nor the number of values bounds time and memory.
extension PickleMachine {
    /// References to values that may be copied or looked at: a value takes about five on its way from the stack into
    /// its container, and a file holds at most ``PickledValue/maximumCount`` of them.
    static let maximumWork = 1 << 23
    /// Calls within the arguments of calls: `_rebuild_from_type_v2` and `__newobj__` take another callee each, and
    /// honest files nest two.
    static let maximumCalls = 16
    /// Classes and functions that a file may name: a module of every kind that PyTorch has takes some 500.
    static let maximumGlobals = 4096
    /// Bytes of a name of a class, a function or a storage: the longest qualified names of real projects take 200.
    static let maximumName = 4096
    /// Entries of the stack and of the memo, and MARKs: there is no use for more than there may be values.
    static let maximumEntries = PickledValue.maximumCount

    /// Counts work that grows with what the file refers to.
    /// - Throws: `limit.count` past ``maximumWork``.
    func charge(_ references: Int) throws {
        guard let sum = work.adding(checked: references), sum <= Self.maximumWork else {
            throw FormatError(
                .limitCount, "copies or looks at more than \(Self.maximumWork) references to values",
                hint: "an honest checkpoint needs a few for each value; this one is made to exhaust time or memory")
        }
        work = sum
    }

    /// - Throws: `limit.count` where a stack of the machine would hold more than ``maximumEntries``.
    func checkRoom(_ count: Int, _ what: String) throws {
        guard count < Self.maximumEntries else {
            throw FormatError(.limitCount, "more than \(Self.maximumEntries) \(what)")
        }
    }

    /// - Throws: `limit.count` for names longer than ``maximumName``.
    func checkName(_ byteCount: Int, _ what: String) throws {
        guard byteCount <= Self.maximumName else {
            throw FormatError(.limitCount, "\(what) of \(byteCount) bytes, at most \(Self.maximumName) are read")
        }
    }

    /// Calls `body`, which may come back here, at most ``maximumCalls`` deep.
    func nested<Result>(_ body: () throws -> Result) throws -> Result {
        guard callDepth < Self.maximumCalls else {
            throw FormatError(
                .limitDepth, "calls nest more than \(Self.maximumCalls) deep",
                hint: "an honest checkpoint nests two; this one is made to overflow a stack")
        }
        callDepth += 1
        defer { callDepth -= 1 }
        return try body()
    }
}
