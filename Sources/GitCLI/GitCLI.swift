// See ARCHITECTURE.md: the room GitCLI.
