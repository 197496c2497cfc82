/// Weightbridge's whole library: `import Weightbridge` brings every module.
@_exported import Architectures
@_exported import Atlas
@_exported import Execution
@_exported import ExportedPrograms
@_exported import Formats
@_exported import GraphIR
@_exported import Images
@_exported import Operators
@_exported import Parity
