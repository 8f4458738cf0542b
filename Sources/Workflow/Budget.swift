/// Budgets over what attempts have cost.
public enum Budget {
  /// The reason why nothing more may be spent on a task; nil if something may.
  public static func exhausted(_ task: TaskView, limits: Limits) -> String? {
    if let limit = limits.usdPerTask, task.costUSD >= limit {
      return "the task has cost $\(text(task.costUSD)) of $\(text(limit))"
    }
    let tokens = task.tokens
    if let limit = limits.tokensPerTask, tokens >= limit {
      return "the task has used \(tokens) of \(limit) tokens"
    }
    return nil
  }

  /// Dollars with two digits.
  public static func text(_ dollars: Double) -> String {
    let cents = Int((dollars * 100).rounded())
    return "\(cents / 100).\(cents % 100 < 10 ? "0" : "")\(cents % 100)"
  }
}
