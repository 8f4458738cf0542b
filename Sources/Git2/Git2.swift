// See ARCHITECTURE.md: the room Git2.
