import GraphIR

extension StateDict {
    /// How many modules are numbered from 0 on under a container. Where most are there, those between are missing.
    func count(of container: String) -> Int {
        var numbers: Set<Int> = []
        for name in names where name.hasPrefix(container + ".") {
            let part = name.dropFirst(container.count + 1).prefix { $0 != "." }
            if let number = Int(part), number >= 0 { numbers.insert(number) }
        }
        var count = 0
        while numbers.contains(count) { count += 1 }
        if let last = numbers.max(), last < Swift.max(2, Swift.min(numbers.count, 1000) * 3 / 2) { count = last + 1 }
        return count
    }
}
