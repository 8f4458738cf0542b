import Git2
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite(.scratch, .timeLimit(.minutes(30))) struct `Starting libgit2` {
  #if canImport(Glibc)
    /// Where libgit2 is built with mbedTLS, it would parse the system's certificates at every start.
    @Test func `no certificate is parsed: the program's own definition goes first`() throws {
      try Scratch.current.repository()
      _ = try Repository(at: Scratch.current["repo"])
      for version in 0...20 {
        guard let library = dlopen("libmbedx509.so.\(version)", RTLD_NOLOAD | RTLD_LAZY) else {
          continue
        }
        defer { dlclose(library) }
        let name = "mbedtls_x509_crt_parse_file"
        #expect(dlsym(nil, name) != dlsym(library, name))
      }
    }
  #endif
}
