import Foundation
import TestSupport

/// What a malicious script tries from within walls, whichever they are made of.
enum WallAttack {
  private static var scratch: Scratch { .current }

  /// What there is to be stolen and damaged; to be called where orch has been set up.
  static func prepare() throws {
    try scratch.write("home/.ssh/id_rsa", "the private key\n")
    try scratch.git("branch", "other", in: "repo")
    try scratch.git("worktree", "add", "-q", scratch["trees/repo/other"], "other", in: "repo")
  }

  /// Everything of the repository that no worker may change, as one text.
  static func picture() throws -> String {
    let refs = try scratch.git(
      "for-each-ref", "--format=%(refname) %(objectname)", "refs/heads", "refs/tags",
      "refs/stash", in: "repo"
    ).split(separator: "\n").filter { !$0.contains("refs/heads/orch/") }
    let hooks = try FileManager.default.contentsOfDirectory(atPath: scratch["repo/.git/hooks"])
    return "\(refs)\n\(hooks.sorted())\n\(try scratch.read("repo/.git/config"))"
      + "\(try scratch.git("status", "--porcelain", in: "repo"))\n"
      + "\(try scratch.read("repo/README.md"))\(try scratch.read("trees/repo/other/README.md"))"
      + "\(try scratch.git("status", "--porcelain", in: "trees/repo/other"))"
  }

  /// Tries everything, commits a file `escapes` with the name of each attempt that succeeded, and `work.txt` with the
  /// shell's word `work`; `more` are lines for one kind of walls, which call `say NAME`.
  static func script(_ port: Int, work: String, more: String) -> String {
    """
    R='\(scratch["repo"])'; T='\(scratch["trees"])'; H='\(scratch["home"])'
    say() { echo "$1" >> "$ORCH_WORKTREE/escapes"; }
    : > "$ORCH_WORKTREE/escapes"
    set +e
    exec 2> /dev/null
    # The main checkout, another worktree, the configuration, the hooks.
    echo evil > "$R/README.md"; echo evil > "$R/evil"
    mkdir -p "$T/repo/other"; echo evil > "$T/repo/other/README.md"; echo evil > "$T/repo/other/evil"
    printf '[core]\\n\\tfsmonitor = touch %s/evil\\n' "$H" >> "$R/.git/config"
    printf '#!/bin/sh\\ntouch %s/evil\\n' "$H" > "$R/.git/hooks/post-checkout" && say hooks
    chmod 755 "$R/.git/hooks/post-checkout"
    git config alias.evil '!touch evil'; git remote add evil https://evil.invalid
    # Every reference.
    unset GIT_CONFIG_COUNT
    echo x > x; git add x; git commit -qm x
    git update-ref refs/heads/main HEAD; git branch evil; git tag evil; git stash -q
    git update-ref refs/orch/state HEAD; git update-ref -d refs/orch/state
    git push -q origin HEAD:main && say push
    /bin/rm -rf "$R/.git/objects/pack" "$R/.git/refs/orch"
    # Secrets, directly and through links.
    cat "$H/.ssh/id_rsa" >> stolen && say ssh
    ln -s "$H/.ssh" keys; cat keys/id_rsa >> stolen && say link; rm -f keys
    cat /etc/shadow >> stolen && say shadow
    ls "$R/.git/orch/run" | grep -qv "$ORCH_TASK_ID" && say runs
    find / -name id_rsa -exec cat {} + >> stolen
    # Processes.
    kill -0 \(getpid()) && say process
    for pid in /proc/[0-9]*; do
      grep -q "orch run\\|--until-idle" "$pid/cmdline" && say orchestrator
    done
    # The way out of the worktree.
    /bin/rm -rf .git && say gitfile; mv .git away && say gitfile
    mv .orchestrator away && say protocol
    /bin/rm -rf .orchestrator/inbox; ln -s "$H" .orchestrator/inbox && [ -L .orchestrator/inbox ] && say inbox
    mount -o remount,rw / && say remount
    # The network.
    bash -c 'exec 3<>/dev/tcp/127.0.0.1/\(port)' && say direct
    bash -c 'p=${HTTPS_PROXY##*:}; exec 3<>/dev/tcp/127.0.0.1/$p; printf "CONNECT 127.0.0.1:\(port) HTTP/1.1\\r\\n\\r\\n" >&3; head -1 <&3' | grep -q 403 || say proxy
    \(more)
    exec 2>&1
    set -e
    [ ! -s stolen ] || say stolen
    rm -f stolen
    echo \(work) > work.txt
    git add work.txt escapes
    git commit -qm "The work"
    """
  }
}
