internal import Agents
internal import GitState

extension EffectRunner {
  /// What a task's worker waits for: its place in a lock's queue, or something that only it knows.
  func waitingLine(of id: String) -> String {
    let root = folder.path + "/locks"
    for name in ResourceLock.names(in: root) {
      let capacity = options.lockCapacities[name] ?? 1
      let places = (try? ResourceLock(name, capacity: capacity, in: root)?.queue()) ?? []
      let waiting = places.filter { !$0.isHeld }
      guard let index = waiting.firstIndex(where: { $0.holder.task == id }) else { continue }
      return "waits for the lock '\(name)', \(index + 1) in line"
    }
    return "waits"
  }
}
