import ArgumentParser
import Weightbridge

struct ArchitecturesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "architectures",
        abstract: "List the architectures that can be mapped, with parameters and multiply-accumulates.")

    @Argument(help: "Show this one alone, or those whose name contains it.")
    var name: String?

    @OptionGroup var format: JSONOption

    func run() throws {
        let entries = try ArchitectureCatalog.entries(matching: name)
        if entries.isEmpty {
            throw FormatError(
                .usage, "no architecture has a name with '\(name ?? "")' in it",
                hint: "'weightbridge architectures' lists them all")
        }
        if format.json {
            print(JSONValue.array(entries.map { $0.json() }).serialized(pretty: true))
            return
        }
        var table = TextTable(rightAligned: [1, 2])
        table.add("architecture", "parameters", "MACs", "input", "what")
        for entry in entries {
            table.add(
                entry.name, entry.parameters.grouped, entry.macs.grouped,
                entry.inputShape.map(String.init).joined(separator: "×"), entry.summary)
        }
        print(table.lines(indent: "").joined(separator: "\n"))
    }
}
