/// Keys that git signs with, and programs that act like such.
public struct SigningKeys: Sendable {
  let scratch: Scratch

  /// Keys below a scratch directory.
  public init(in scratch: Scratch) { self.scratch = scratch }

  /// Makes a key of ssh without a password, with which the user's git signs and checks signatures; returns its file.
  ///
  /// ed25519 signs the same text the same way each time.
  @discardableResult
  public func useSSH(signingAll: Bool = true) throws -> String {
    let key = scratch["home/key"]
    let made = try scratch.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key])
    guard made.exitCode == 0 else { throw CommandFailure(command: ["ssh-keygen"], result: made) }
    let known = try scratch.write(
      "home/signers", "test@example.invalid " + scratch.read("home/key.pub"))
    try configure([
      "gpg.format": "ssh", "user.signingKey": key, "gpg.ssh.allowedSignersFile": known,
      "commit.gpgSign": String(signingAll),
    ])
    return key
  }

  /// Lets a script sign in the place of gpg: each signature is another one, as gpg's are.
  public func useProgram(
    _ script: String = SigningKeys.signing, signingAll: Bool = true
  ) throws {
    let program = try scratch.write("home/signer", "#!/bin/sh\n" + script)
    _ = try scratch.run(["chmod", "+x", program])
    try configure([
      "gpg.program": program, "user.signingKey": "K", "commit.gpgSign": String(signingAll),
    ])
  }

  /// What says that it has signed, and gives a number that nobody had before.
  public static let signing = """
    cat > /dev/null
    echo '-----BEGIN PGP SIGNATURE-----'
    echo
    od -An -N16 -tx1 /dev/urandom
    echo '-----END PGP SIGNATURE-----'
    echo '[GNUPG:] SIG_CREATED ' >&2

    """

  private func configure(_ settings: [String: String]) throws {
    for (key, value) in settings { try scratch.git("config", "--global", key, value) }
  }

  /// Makes a bare repository refuse commits on branches whose signature the user's git does not call good.
  public func demandSignatures(in repository: String) throws {
    let hook = try scratch.write(
      "\(repository)/hooks/pre-receive",
      """
      #!/bin/sh
      while read -r old new name; do
        case $name in refs/heads/*) ;; *) continue ;; esac
        case $new in *[!0]*) ;; *) continue ;; esac
        for commit in $(git rev-list "$new" --not --branches); do
          git verify-commit "$commit" 2> /dev/null && continue
          echo "$commit on $name is not signed" >&2
          exit 1
        done
      done

      """)
    _ = try scratch.run(["chmod", "+x", hook])
  }

  /// The commits of a range that have no signature.
  public func unsigned(_ range: String..., in repository: String) throws -> [String] {
    try scratch.run(["git", "rev-list"] + range, in: repository).output.split(separator: "\n")
      .map(String.init)
      .filter { try !scratch.git("cat-file", "commit", $0, in: repository).contains("\ngpgsig ") }
  }
}
