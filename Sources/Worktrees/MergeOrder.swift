/// An order in which few branches have to be worked on again.
///
/// Whoever comes later in a collision has to be resolved, once, however many came before. So branches
/// that fit are merged first, those with the fewest open collisions before others; each merge turns
/// its neighbours into ones that have to be resolved anyway, and these come last.
struct MergeOrder {
  /// All branches.
  let order: [String]
  /// Those that collide with the base or with an earlier one.
  let rework: Set<String>

  init(branches: [String], collisions: [(String, String)], unfit: Set<String>) {
    var neighbours: [String: Set<String>] = [:]
    for (one, other) in collisions {
      neighbours[one, default: []].insert(other)
      neighbours[other, default: []].insert(one)
    }
    var open = Set(branches)
    var rework = unfit.intersection(open)
    var order: [String] = []
    while !open.isEmpty {
      let fitting = open.subtracting(rework)
      let candidates = fitting.isEmpty ? open : fitting
      let next = candidates.min { one, other in
        let left = (neighbours[one] ?? []).intersection(fitting).count
        let right = (neighbours[other] ?? []).intersection(fitting).count
        return (left, one) < (right, other)
      }
      guard let next else { break }
      open.remove(next)
      order.append(next)
      rework.formUnion((neighbours[next] ?? []).intersection(open))
    }
    self.order = order
    self.rework = rework
  }
}
