#if canImport(Glibc)
  internal import Glibc
#else
  internal import Darwin
#endif

/// The terminal of this process as a screen: its size, its keys, and a page that is drawn over and over.
struct Terminal: ~Copyable {
  /// The size where nobody tells it.
  static let usualSize = (width: 80, height: 24)

  private let before: termios
  private let hasKeys: Bool

  /// Takes the screen; what was on it comes back with `close`.
  init() {
    var settings = termios()
    hasKeys = isatty(0) == 1 && tcgetattr(0, &settings) == 0
    before = settings
    if hasKeys {
      // Keys come one by one and are not shown; interrupt stays what it is.
      settings.c_lflag &= ~tcflag_t(ICANON | ECHO)
      tcsetattr(0, TCSANOW, &settings)
    }
    // Another page, no cursor, long lines cut.
    Output.write("\u{1B}[?1049h\u{1B}[?25l\u{1B}[?7l", to: 1)
  }

  /// Gives the screen back.
  consuming func close() {
    Output.write("\u{1B}[?7h\u{1B}[?25h\u{1B}[?1049l", to: 1)
    var settings = before
    if hasKeys { tcsetattr(0, TCSANOW, &settings) }
  }

  /// Waits for a key for so long; nil if there was none.
  borrowing func key(milliseconds: Int32) -> UInt8? {
    guard hasKeys else {
      poll(nil, 0, milliseconds)
      return nil
    }
    var entry = pollfd(fd: 0, events: Int16(POLLIN), revents: 0)
    guard poll(&entry, 1, milliseconds) > 0 else { return nil }
    var byte: UInt8 = 0
    // A terminal that has gone is the end, as if somebody had typed it.
    return read(0, &byte, 1) == 1 ? byte : UInt8(ascii: "q")
  }

  /// Draws lines over what is there.
  borrowing func draw(_ lines: [String]) {
    let page = lines.map { TerminalText.clean($0) + "\u{1B}[K" }.joined(separator: "\r\n")
    Output.write("\u{1B}[H" + page + "\u{1B}[J", to: 1)
  }

  /// Columns and rows of the terminal on standard output.
  static var size: (width: Int, height: Int) {
    var window = winsize()
    guard ioctl(1, UInt(TIOCGWINSZ), &window) == 0, window.ws_col > 0, window.ws_row > 0 else {
      return usualSize
    }
    return (Int(window.ws_col), Int(window.ws_row))
  }
}
