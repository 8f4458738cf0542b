/// What matters of a failed job's log.
public struct JobLog: Sendable, Hashable {
  /// The job.
  public var job: String
  /// The step that failed; nil if the forge does not say.
  public var step: String?
  /// The page of the job.
  public var url: String?
  /// The log, cut to what matters.
  public var log: TrimmedLog

  /// All parts.
  public init(job: String, step: String? = nil, url: String? = nil, log: TrimmedLog) {
    self.job = job
    self.step = step
    self.url = url
    self.log = log
  }
}
