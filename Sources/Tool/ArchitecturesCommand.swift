import ArgumentParser
import Weightbridge

struct ArchitecturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "architectures",
        abstract: "List the architectures that can be mapped, with parameters and multiply-accumulates.",
        discussion: """
            Families that are written by hand come first; they map at other widths and depths too. The others are \
            timm's, from the atlas: they are listed where their name contains the one given, or all with --atlas.

              weightbridge architectures
              weightbridge architectures swin_tiny
              weightbridge architectures --atlas --json
            """)

    @Argument(help: "Show this one alone, or those whose name contains it.")
    var name: String?

    @Flag(help: "List all architectures of the atlas.")
    var atlas = false

    @OptionGroup var format: JSONOption

    func run() throws {
        let known = atlas && name == nil ? [] : try ArchitectureCatalog.entries(matching: name)
        let whole = try Atlas.shared()
        let isExact = known.contains { $0.name == name } || whole.entries.contains { $0.name == name }
        let found = whole.entries.filter { entry in
            guard let name else { return atlas }
            return isExact ? entry.name == name : entry.name.contains(name)
        }
        if let name, known.isEmpty, found.isEmpty {
            throw FormatError(
                .usage, "no architecture has a name with '\(name)' in it",
                hint: "'weightbridge architectures' lists them all")
        }
        if format.json {
            print(JSONValue.array(known.map { $0.json() } + found.map { $0.json() }).serialized(pretty: true))
            return
        }
        if !known.isEmpty { print(Self.table(known)) }
        if !found.isEmpty { print((known.isEmpty ? "" : "\n") + Self.table(found)) }
        if name == nil, !atlas {
            let names = Set(whole.entries.map(\.name)).count
            let models = whole.entries.reduce(0) { $0 + $1.published.count }
            print(
                "\nand from the atlas \(names.grouped) architectures of timm \(whole.timmVersion) with "
                    + "\(models.grouped) published models: give a part of the name, or --atlas for all")
        }
    }

    private static func table(_ entries: [ArchitectureCatalog.Entry]) -> String {
        var table = TextTable(rightAligned: [1, 2])
        table.add("architecture", "parameters", "MACs", "input", "what")
        for entry in entries {
            table.add(
                entry.name, entry.parameters.grouped, entry.macs.grouped,
                entry.inputShape.map(String.init).joined(separator: "×"), entry.summary)
        }
        return table.lines(indent: "").joined(separator: "\n")
    }

    private static func table(_ entries: [AtlasEntry]) -> String {
        var table = TextTable(rightAligned: [1])
        table.add("architecture (timm)", "parameters", "input", "class", "form", "published models")
        for entry in entries {
            table.add(
                entry.name, entry.parameters.grouped, entry.inputShape.map(String.init).joined(separator: "×"),
                entry.family, entry.isHeadless ? "features" : "classes",
                entry.published.map { $0.tag.isEmpty ? "(no tag)" : $0.tag }.joined(separator: ", "))
        }
        return table.lines(indent: "").joined(separator: "\n")
    }
}
