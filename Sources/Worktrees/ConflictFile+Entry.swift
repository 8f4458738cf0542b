internal import Git2

extension ConflictFile {
  /// Describes a path in conflict; `style` is that of the text with markers.
  init(_ entry: MergeConflictEntry, style: ConflictStyle) {
    let side = { (version: FileVersion?, path: [UInt8]?) -> ConflictSide? in
      version.map {
        ConflictSide(
          path: String(decoding: path ?? entry.path, as: UTF8.self), mode: $0.mode, id: $0.id)
      }
    }
    self.init(
      path: String(decoding: entry.path, as: UTF8.self), kind: entry.kind, detail: entry.detail,
      base: side(entry.state.base, entry.state.basePath),
      ours: side(entry.state.ours, entry.state.oursPath),
      theirs: side(entry.state.theirs, entry.state.theirsPath),
      hunks: entry.lines?.conflictHunks ?? [],
      text: entry.lines.map {
        String(decoding: $0.text(style).prefix(Self.maximumTextBytes), as: UTF8.self)
      })
  }
}

extension LineMerge {
  /// The places in conflict with all three texts; lines are counted from 1.
  var conflictHunks: [ConflictHunk] {
    places.filter { $0.side == .both }.map { place in
      let text = { (lines: ArraySlice<UInt8>) in String(decoding: lines, as: UTF8.self) }
      return ConflictHunk(
        baseLines: place.base.shifted(by: 1), oursLines: place.ours.shifted(by: 1),
        theirsLines: place.theirs.shifted(by: 1), baseText: text(base.bytes(of: place.base)),
        oursText: text(ours.bytes(of: place.ours)), theirsText: text(theirs.bytes(of: place.theirs))
      )
    }
  }
}
