internal import Agents

/// What this process knows of containers.
struct ContainerMemory {
  /// One trial of an image.
  struct TrialKey: Hashable {
    var engine: ContainerEngine
    var image: String
    var program: String?
  }

  /// Trials that went well.
  var trials: [TrialKey: ContainerTrial] = [:]
  /// True once what killed processes left was removed.
  var isSwept = false
}
