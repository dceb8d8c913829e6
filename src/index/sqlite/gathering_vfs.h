#pragma once

namespace isocenter::index::sqlite {

/// The name of an SQLite VFS that is the system's own, but for the WAL: what is appended to it is gathered in
/// memory (256 KiB at most) and written 64 KiB a call, where SQLite makes two calls for each page, 60 for a
/// new study. Nothing that SQLite takes for done is left in memory: a frame that ends a transaction is
/// written before its write returns, and each read, sync, truncation and question for the size writes first
/// what was gathered. Frames of a transaction that did not end are nobody's to read, so losing them with the
/// process is what a rollback does anyway. A write that fails late fails the transaction that it belongs to,
/// with the system's own code.
///
/// Registered at the first call; thread-safe. Needs what WAL mode promises: one connection writes at a time.
const char* gathering_vfs();

}  // namespace isocenter::index::sqlite
