import Git2
import GitState
import JSON
import Synchronization
import TestSupport

/// A store on the scratch repository with a clock that moves one second at each look.
func openStore(
  at path: String, host: String = "test", seed: UInt64 = 1,
  written: (@Sendable ([Change]) -> Void)? = nil
) throws -> StateStore {
  var random = SeededRandom(seed: seed)
  let clock = SteppingClock()
  return try StateStore(
    at: path, hostName: host,
    identity: Signature(name: "orch", email: "orch@localhost", seconds: 0),
    clock: { clock.next() }, written: written, using: &random)
}

/// Milliseconds that start at a fixed date and rise by a second per look.
final class SteppingClock: Sendable {
  private let milliseconds = Mutex(1_700_000_000_000)

  func next() -> Int {
    milliseconds.withLock {
      $0 += 1000
      return $0
    }
  }
}

/// A decision that adds one event to a record, whatever is there.
func adding(
  _ key: RecordKey, _ kind: String = "task.created", _ operations: [Operation] = [],
  note: CommitNote? = CommitNote(verb: "new", title: "Fix login"), message: String? = nil
) -> Decision {
  Decision(reading: [key]) { _ in
    [
      Change(
        key: key, event: EventDraft(kind: kind, operations: operations, message: message),
        note: note)
    ]
  }
}

func task(_ text: String) throws -> RecordKey {
  struct NotAnID: Error {}
  guard let id = RecordID(text) else { throw NotAnID() }
  return RecordKey(.tasks, id)
}
