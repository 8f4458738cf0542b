internal import CPlatform

/// The shared libraries of this process under the names by which it asks for them.
enum LoadedLibraries {
  /// Their files as the loader found them, the loader itself among them; none where they cannot be told.
  static let files: [String] = {
    var found: [String] = []
    var buffer = [CChar](repeating: 0, count: 4096)
    var index: Int32 = 0
    while orch_loaded_library(index, &buffer, buffer.count) == 0 {
      let path = String(
        decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
      if path.hasPrefix("/") { found.append(path) }
      index += 1
    }
    return found
  }()
}
