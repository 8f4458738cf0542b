internal import Git2

/// What one host has itself seen of the others' heartbeats: how long each has stood still.
///
/// Only intervals of the own clock count. A heartbeat stood still at least from the end of the first
/// read that showed it to the start of what is done about it.
struct HostWatch: Sendable, Hashable {
  /// A heartbeat that stands still.
  private struct Sighting: Sendable, Hashable {
    /// Its object; nil while the host has none.
    var id: ObjectID?
    /// The end of the first read that showed it.
    var since: MonotonicTime
    /// The start of the last read that was counted.
    var counted: MonotonicTime
    /// The reads since then that were at least a heartbeat's interval apart, without a long gap.
    var reads: Int
  }

  private var sightings: [String: Sighting] = [:]

  /// Takes a read's result in: each host's heartbeat, nil for a host that has none.
  ///
  /// After a gap of two intervals the reads are counted anew: the arbiter may have been out of reach for
  /// everybody, and a live host gets the time to come back.
  mutating func saw(
    _ hosts: [String: ObjectID?], startedAt start: MonotonicTime, endedAt end: MonotonicTime,
    interval: (String) -> Int
  ) {
    sightings = sightings.filter { hosts.keys.contains($0.key) }
    for (host, id) in hosts {
      guard var known = sightings[host], known.id == id, start >= known.counted else {
        sightings[host] = Sighting(id: id, since: end, counted: start, reads: 1)
        continue
      }
      let gap = start - known.counted
      guard gap >= interval(host) else { continue }
      known.reads = gap > 2 * interval(host) ? 1 : known.reads + 1
      known.counted = start
      sightings[host] = known
    }
  }

  /// How long a host's heartbeat has been `id`, in milliseconds, and in how many reads; nil if it was not.
  func stillness(
    of host: String, at id: ObjectID?, until now: MonotonicTime
  ) -> (milliseconds: Int, reads: Int)? {
    guard let known = sightings[host], known.id == id else { return nil }
    return (now - known.since, known.reads)
  }
}
