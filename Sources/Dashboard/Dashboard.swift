// See ARCHITECTURE.md: the room Dashboard.
