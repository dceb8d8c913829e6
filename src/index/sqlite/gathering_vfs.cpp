#include "index/sqlite/gathering_vfs.h"

#include <sqlite3.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <new>
#include <vector>

namespace isocenter::index::sqlite {
namespace {

constexpr char kName[] = "isocenter-gathering";
constexpr std::size_t kMostGathered = 256 << 10;
// SQLite's own files take a write of 128 KiB for one of nothing.
constexpr std::size_t kMostWritten = 64 << 10;
// "The WAL-mode file format", section 4.1 of SQLite's fileformat2: bytes 4 to 7 of a frame's header are not
// zero in the last frame of a transaction; the page follows the header.
constexpr int kFrameHeaderBytes = 24;
constexpr int kEndMark = 4;
constexpr int kEndMarkBytes = 4;

/// SQLite allocates it together with the system's own file, which lies behind it.
struct WalFile {
    sqlite3_file base;
    std::vector<char>* gathered;
    sqlite3_int64 offset;  ///< of what is gathered
    bool ends_transaction;

    static WalFile& of(sqlite3_file* file) { return *reinterpret_cast<WalFile*>(file); }
    sqlite3_file* real() { return reinterpret_cast<sqlite3_file*>(this + 1); }
};

int flush(WalFile& wal) {
    int code = SQLITE_OK;
    for (std::size_t written = 0; code == SQLITE_OK && written < wal.gathered->size();) {
        const std::size_t size = std::min(wal.gathered->size() - written, kMostWritten);
        code =
            wal.real()->pMethods->xWrite(wal.real(), wal.gathered->data() + written, static_cast<int>(size),
                                         wal.offset + static_cast<sqlite3_int64>(written));
        written += size;
    }
    wal.gathered->clear();
    return code;
}

bool is_end_header(const char* bytes, int size) {
    static constexpr char kZero[kEndMarkBytes] = {};
    return size == kFrameHeaderBytes && std::memcmp(bytes + kEndMark, kZero, kEndMarkBytes) != 0;
}

int wal_write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
    WalFile& wal = WalFile::of(file);
    const bool follows = offset == wal.offset + static_cast<sqlite3_int64>(wal.gathered->size());
    if (!follows || wal.gathered->size() + static_cast<std::size_t>(size) > kMostGathered) {
        if (const int code = flush(wal); code != SQLITE_OK) return code;
    }
    if (wal.gathered->empty()) wal.offset = offset;
    const char* const bytes = static_cast<const char*>(data);
    try {
        wal.gathered->insert(wal.gathered->end(), bytes, bytes + size);
    } catch (const std::bad_alloc&) {
        wal.gathered->clear();
        return SQLITE_NOMEM;
    }
    const bool is_last_page = wal.ends_transaction;
    wal.ends_transaction = is_end_header(bytes, size);
    return is_last_page ? flush(wal) : SQLITE_OK;
}

int wal_close(sqlite3_file* file) {
    WalFile& wal = WalFile::of(file);
    delete wal.gathered;
    return wal.real()->pMethods->xClose(wal.real());
}

/// Calls the same function of the system's file, or of the system's VFS.
template <auto Member, class Type>
struct Forward;
template <auto Member, class Result, class... Arguments>
struct Forward<Member, Result (*sqlite3_io_methods::*)(sqlite3_file*, Arguments...)> {
    static Result call(sqlite3_file* file, Arguments... arguments) {
        sqlite3_file* const real = WalFile::of(file).real();
        return (real->pMethods->*Member)(real, arguments...);
    }
    static Result call_flushed(sqlite3_file* file, Arguments... arguments) {
        if (const int code = flush(WalFile::of(file)); code != SQLITE_OK) return code;
        return call(file, arguments...);
    }
};
template <auto Member, class Result, class... Arguments>
struct Forward<Member, Result (*sqlite3_vfs::*)(sqlite3_vfs*, Arguments...)> {
    static Result call(sqlite3_vfs* vfs, Arguments... arguments) {
        auto* const system = static_cast<sqlite3_vfs*>(vfs->pAppData);
        return (system->*Member)(system, arguments...);
    }
};
template <auto Member>
constexpr auto forwarded = &Forward<Member, decltype(Member)>::call;
template <auto Member>
constexpr auto flushed = &Forward<Member, decltype(Member)>::call_flushed;

/// Version 1: a WAL has neither shared memory of its own nor mapped pages.
sqlite3_io_methods wal_methods() {
    sqlite3_io_methods methods{};
    methods.iVersion = 1;
    methods.xClose = wal_close;
    methods.xWrite = wal_write;
    methods.xRead = flushed<&sqlite3_io_methods::xRead>;
    methods.xTruncate = flushed<&sqlite3_io_methods::xTruncate>;
    methods.xSync = flushed<&sqlite3_io_methods::xSync>;
    methods.xFileSize = flushed<&sqlite3_io_methods::xFileSize>;
    methods.xLock = forwarded<&sqlite3_io_methods::xLock>;
    methods.xUnlock = forwarded<&sqlite3_io_methods::xUnlock>;
    methods.xCheckReservedLock = forwarded<&sqlite3_io_methods::xCheckReservedLock>;
    methods.xFileControl = forwarded<&sqlite3_io_methods::xFileControl>;
    methods.xSectorSize = forwarded<&sqlite3_io_methods::xSectorSize>;
    methods.xDeviceCharacteristics = forwarded<&sqlite3_io_methods::xDeviceCharacteristics>;
    return methods;
}

/// Files other than the WAL are the system's own from here on.
int open_file(sqlite3_vfs* vfs, sqlite3_filename name, sqlite3_file* file, int flags, int* out_flags) {
    auto* const system = static_cast<sqlite3_vfs*>(vfs->pAppData);
    if ((flags & SQLITE_OPEN_WAL) == 0) return system->xOpen(system, name, file, flags, out_flags);
    static const sqlite3_io_methods methods = wal_methods();
    WalFile& wal = WalFile::of(file);
    wal.base.pMethods = nullptr;
    const int code = system->xOpen(system, name, wal.real(), flags, out_flags);
    if (code != SQLITE_OK) return code;
    wal.gathered = new (std::nothrow) std::vector<char>();
    if (wal.gathered == nullptr) {
        wal.real()->pMethods->xClose(wal.real());
        return SQLITE_NOMEM;
    }
    wal.offset = 0;
    wal.ends_transaction = false;
    wal.base.pMethods = &methods;
    return SQLITE_OK;
}

sqlite3_vfs make_vfs(sqlite3_vfs& system) {
    sqlite3_vfs made{};
    made.iVersion = system.iVersion >= 2 ? 2 : 1;
    made.szOsFile = static_cast<int>(sizeof(WalFile)) + system.szOsFile;
    made.mxPathname = system.mxPathname;
    made.zName = kName;
    made.pAppData = &system;
    made.xOpen = open_file;
    made.xDelete = forwarded<&sqlite3_vfs::xDelete>;
    made.xAccess = forwarded<&sqlite3_vfs::xAccess>;
    made.xFullPathname = forwarded<&sqlite3_vfs::xFullPathname>;
    made.xDlOpen = forwarded<&sqlite3_vfs::xDlOpen>;
    made.xDlError = forwarded<&sqlite3_vfs::xDlError>;
    made.xDlSym = forwarded<&sqlite3_vfs::xDlSym>;
    made.xDlClose = forwarded<&sqlite3_vfs::xDlClose>;
    made.xRandomness = forwarded<&sqlite3_vfs::xRandomness>;
    made.xSleep = forwarded<&sqlite3_vfs::xSleep>;
    made.xCurrentTime = forwarded<&sqlite3_vfs::xCurrentTime>;
    made.xGetLastError = forwarded<&sqlite3_vfs::xGetLastError>;
    if (made.iVersion >= 2) made.xCurrentTimeInt64 = forwarded<&sqlite3_vfs::xCurrentTimeInt64>;
    return made;
}

bool register_vfs() {
    sqlite3_vfs* const system = sqlite3_vfs_find(nullptr);
    if (system == nullptr) return false;
    static sqlite3_vfs gathering = make_vfs(*system);
    return sqlite3_vfs_register(&gathering, 0) == SQLITE_OK;
}

}  // namespace

const char* gathering_vfs() {
    static const bool registered = register_vfs();
    return registered ? kName : nullptr;
}

}  // namespace isocenter::index::sqlite
