internal import Forge
internal import Synchronization

/// The deliveries that were seen before, in a file, so that a restart forgets none of the last ones.
///
/// Losing the file loses nothing: a delivery that comes again brings a look, which sees what is so.
final class DeliveryFile: Sendable {
  /// A longer file is not one of ours, in bytes; it is begun anew.
  static let maximumBytes = 4 << 20

  private let file: ExchangedFile
  private let known: Mutex<Known>

  private struct Known {
    var memory: DeliveryMemory
    /// Lines in the file beyond those that are remembered.
    var extra = 0
  }

  /// The file at a path; one that cannot be read holds none.
  init(path: String) {
    file = ExchangedFile(path: path, maximumBytes: Self.maximumBytes)
    let text = String(decoding: file.read() ?? [], as: UTF8.self)
    known = Mutex(Known(memory: DeliveryMemory(text: text)))
  }

  /// Remembers a delivery; false if it was seen before.
  func see(_ delivery: WebhookDelivery) -> Bool {
    known.withLock { known in
      guard known.memory.see(delivery) else { return false }
      known.extra += 1
      if known.extra > DeliveryMemory.capacity {
        file.write(Array(known.memory.text.utf8))
        known.extra = 0
      } else {
        // One write at the end of the file: a process that is killed leaves whole lines.
        TextFile.append(file.path, DeliveryMemory.line(delivery))
      }
      return true
    }
  }
}
