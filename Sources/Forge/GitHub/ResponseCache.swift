/// What conditional requests compare with: the ETag of an answer, and what was read from it.
actor ResponseCache {
  /// An answer that may still hold.
  struct Entry: Sendable {
    let etag: String
    let value: any Sendable
    let nextPage: String?
    fileprivate var lastUse = 0
  }

  /// How many answers are kept; each is bounded itself.
  static let maximumEntries = 256

  private var entries: [String: Entry] = [:]
  private var uses = 0

  /// The entry of an address.
  func entry(_ url: String) -> Entry? {
    uses += 1
    entries[url]?.lastUse = uses
    return entries[url]
  }

  /// Keeps an answer; the one that was not used for longest makes room.
  func keep(_ url: String, etag: String, value: any Sendable, nextPage: String?) {
    uses += 1
    entries[url] = Entry(etag: etag, value: value, nextPage: nextPage, lastUse: uses)
    guard entries.count > Self.maximumEntries,
      let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse })
    else { return }
    entries[oldest.key] = nil
  }
}
