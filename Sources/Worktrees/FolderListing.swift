#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The names in one folder, sorted by their bytes.
struct FolderListing {
  /// One name.
  struct Item {
    let start: Int
    let count: Int
    /// What readdir(3) says it is: DT_REG and so on, or DT_UNKNOWN.
    let type: UInt8
    /// True once an entry of the index has been found for it.
    var isTracked = false
  }

  /// All names, each ended by a zero.
  private var names: [CChar] = []
  /// The items in order.
  var items: [Item] = []

  /// Reads an open folder; the descriptor is closed with the listing's end of reading.
  init?(descriptor: Int32) {
    let copy = dup(descriptor)
    guard copy >= 0, let stream = fdopendir(copy) else { return nil }
    defer { closedir(stream) }
    rewinddir(stream)
    while let entry = readdir(stream) {
      let type = entry.pointee.d_type
      withUnsafePointer(to: &entry.pointee.d_name) { tuple in
        let capacity = MemoryLayout.size(ofValue: tuple.pointee)
        tuple.withMemoryRebound(to: CChar.self, capacity: capacity) { start in
          let count = strlen(start)
          if start[0] == 0x2E, count == 1 || (count == 2 && start[1] == 0x2E) { return }
          items.append(Item(start: names.count, count: count, type: type))
          names.append(contentsOf: UnsafeBufferPointer(start: start, count: count + 1))
        }
      }
    }
    sort()
  }

  private mutating func sort() {
    names.withUnsafeBufferPointer { names in
      guard let base = names.baseAddress else { return }
      items.sort { strcmp(base + $0.start, base + $1.start) < 0 }
    }
  }

  /// The bytes of a name.
  func name(_ item: Item) -> [UInt8] {
    names[item.start..<item.start + item.count].map { UInt8(bitPattern: $0) }
  }

  /// A name for system calls.
  func withName<Result>(_ item: Item, _ body: (UnsafePointer<CChar>) throws -> Result) rethrows
    -> Result?
  {
    try names.withUnsafeBufferPointer { names in
      try names.baseAddress.map { try body($0 + item.start) }
    }
  }

  /// The position of a name; nil if it is not there.
  func position(of name: UnsafeBufferPointer<UInt8>) -> Int? {
    names.withUnsafeBytes { names in
      var (low, high) = (0, items.count)
      while low < high {
        let middle = (low + high) / 2
        let item = items[middle]
        let order = Self.compare(
          UnsafeRawBufferPointer(rebasing: names[item.start..<item.start + item.count]),
          UnsafeRawBufferPointer(name))
        if order == 0 { return middle }
        if order < 0 { low = middle + 1 } else { high = middle }
      }
      return nil
    }
  }

  /// The position of a name; nil if it is not there.
  func position(of name: String) -> Int? {
    Array(name.utf8).withUnsafeBufferPointer(position(of:))
  }

  private static func compare(
    _ one: UnsafeRawBufferPointer, _ other: UnsafeRawBufferPointer
  ) -> Int {
    let count = min(one.count, other.count)
    if count > 0, let first = one.baseAddress, let second = other.baseAddress {
      let order = memcmp(first, second, count)
      if order != 0 { return Int(order) }
    }
    return one.count - other.count
  }
}
