import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The package's own folder.
let packageRoot = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

/// What a run of the tool came to.
struct ToolRun {
    var status: Int32
    var output: String
    var rawOutput: Data
    var seconds: Double
    /// Peak resident memory, as sampled twice a millisecond.
    var memory: Int
    var timedOut: Bool
}

/// Runs the built `weightbridge`, with standard output and standard error together.
func runTool(_ arguments: [String], timeLimit: Double = 60, environment: [String: String] = [:]) throws -> ToolRun {
    let tool = try #require(toolPath(), "build the tool first, or name it in WEIGHTBRIDGE_TOOL")
    return try spawn([tool] + arguments, timeLimit: timeLimit, environment: environment)
}

/// The tool that `WEIGHTBRIDGE_TOOL` names, else the one that was built with the tests.
func toolPath() -> String? {
    ProcessInfo.processInfo.environment["WEIGHTBRIDGE_TOOL"] ?? defaultTool()
}

/// The tool beside the test bundle, where `swift build` puts it.
private func defaultTool() -> String? {
    let folder = Bundle.main.bundleURL.deletingLastPathComponent()
    let names = [Bundle.main.bundlePath + "/weightbridge", folder.path + "/weightbridge"]
    return names.first { FileManager.default.isExecutableFile(atPath: $0) }
}

/// The peak resident memory of a running process; 0 until it is the program that it was started for: before that it is a
/// copy of the test runner, whose memory `wait4` would tell.
private func peakMemory(of process: pid_t, _ program: String) -> Int {
    // The kernel keeps fifteen letters of a program's name.
    let name = (program.split(separator: "/").last ?? "").prefix(15)
    guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8),
        status.hasPrefix("Name:\t\(name)\n"),
        let line = status.split(separator: "\n").first(where: { $0.hasPrefix("VmHWM:") }),
        let kilobytes = line.split(whereSeparator: { !$0.isNumber }).first.flatMap({ Int($0) })
    else { return 0 }
    return kilobytes << 10
}

func spawn(_ command: [String], timeLimit: Double, environment: [String: String] = [:]) throws -> ToolRun {
    let capture = FileManager.default.temporaryDirectory.appendingPathComponent("run-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: capture) }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, capture.path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    posix_spawn_file_actions_adddup2(&actions, 1, 2)
    // Worker threads of the test runner block signals; the tool is started as a shell starts it.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
    var variables = ProcessInfo.processInfo.environment
    variables["SWIFT_BACKTRACE"] = "enable=no"
    variables.merge(environment) { $1 }
    var arguments: [UnsafeMutablePointer<CChar>?] = command.map { strdup($0) } + [nil]
    var settings: [UnsafeMutablePointer<CChar>?] = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in arguments + settings { free(text) } }
    var child: pid_t = 0
    let start = Date()
    let failure = posix_spawn(&child, command[0], &actions, &attributes, &arguments, &settings)
    try #require(failure == 0, "can't start \(command[0])")
    var status: Int32 = 0
    var usage = rusage()
    var timedOut = false
    var memory = 0
    while wait4(child, &status, WNOHANG, &usage) == 0 {
        if -start.timeIntervalSinceNow > timeLimit {
            timedOut = true
            kill(child, SIGKILL)
            _ = wait4(child, &status, 0, &usage)
            break
        }
        memory = max(memory, peakMemory(of: child, command[0]))
        usleep(500)
    }
    let data = try Data(contentsOf: capture)
    // As a shell gives it: 128 and the signal's number where one ended it.
    let code = status & 0x7f == 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f)
    return ToolRun(
        status: code, output: String(decoding: data, as: UTF8.self), rawOutput: data,
        seconds: -start.timeIntervalSinceNow, memory: memory, timedOut: timedOut)
}

/// A folder that is gone after the test.
final class TemporaryFolder {
    let url: URL

    init() throws {
        url = FileManager.default.temporaryDirectory.appendingPathComponent("weightbridge-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }
    var contents: [String] { (try? FileManager.default.contentsOfDirectory(atPath: url.path).sorted()) ?? [] }
}
