internal import Git2

/// Folders that one side of a merge moved away whole while the other side added files to them.
///
/// Where the moved files went is counted, and the most frequent place is where the added ones belong.
/// git reports that as a conflict unless `merge.directoryRenames` says otherwise.
struct FolderRenames {
  /// What is done about a file added to a folder that was moved: `merge.directoryRenames`.
  enum Mode: Sendable { case conflict, ignore }

  /// Why a removed folder's new place matters.
  enum Relevance: Int { case none, ancestor, own }

  /// The new place of each moved folder.
  private(set) var targets: [[UInt8]: [UInt8]] = [:]
  /// Folders whose files went to several places equally often.
  private(set) var splits: [[UInt8]] = []

  /// Counts where the files of removed folders went.
  init(renames: [[UInt8]: [UInt8]], removed: [[UInt8]: Relevance]) {
    var counts: [[UInt8]: [[UInt8]: Int]] = [:]
    for (old, new) in renames {
      var (oldFolder, newFolder) = (old.folder, new.folder)
      var isParent = false
      while true {
        let relevance = removed[oldFolder] ?? .none
        if relevance == .own || relevance == .ancestor && !isParent {
          counts[oldFolder, default: [:]][newFolder, default: 0] += 1
        }
        isParent = true
        if relevance == .none || oldFolder.isEmpty || newFolder.isEmpty { break }
        // Parents count as long as the names below them are the same on both sides.
        guard oldFolder.name == newFolder.name else { break }
        (oldFolder, newFolder) = (oldFolder.folder, newFolder.folder)
      }
    }
    for (folder, places) in counts {
      guard let most = places.values.max() else { continue }
      let best = places.filter { $0.value == most }.map(\.key)
      if best.count == 1, let place = best.first {
        targets[folder] = place
      } else {
        splits.append(folder)
      }
    }
  }

  /// Takes out folders that both sides moved.
  static func removeCommon(_ one: inout FolderRenames, _ other: inout FolderRenames) {
    for folder in Set(one.targets.keys).intersection(other.targets.keys) {
      one.targets[folder] = nil
      other.targets[folder] = nil
    }
  }

  /// Where a path belongs after the moves; nil if no folder above it was moved.
  ///
  /// `own` are the moves of the side that has the path: a place that it moved itself is left alone.
  func place(of path: [UInt8], own: FolderRenames) -> [UInt8]? {
    var folder = path.folder
    while true {
      if let target = targets[folder] {
        guard own.targets[target] == nil else { return nil }
        let rest = path.suffix(from: folder.isEmpty ? 0 : folder.count + 1)
        return target.isEmpty ? Array(rest) : target + [0x2F] + rest
      }
      if folder.isEmpty { return nil }
      folder = folder.folder
    }
  }
}
