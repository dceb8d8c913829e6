#include "api/dicomweb/document_reader.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/log.h"

namespace isocenter::api {
namespace {

/// Small answers need not ask, nor need those that go on in small pieces.
constexpr std::uint64_t kFreeBytes = 256 * 1024;
constexpr std::uint64_t kLittleBytes = 16 * 1024;
/// Of one look-up.
constexpr std::size_t kMostIds = 1000;

bool is_of(const index::SearchRow& row, const index::EntityKey& instance) {
    return row.key.study == instance.study && (row.key.series.empty() || row.key.series == instance.series) &&
           (row.key.instance.empty() || row.key.instance == instance.instance);
}

}  // namespace

std::uint64_t DocumentReader::grant() {
    first_ = false;
    // Once there was no memory the answer goes on in small pieces: it waits for more no second time.
    if (!little_ && hold(kTimesTheDocument * kBatchBytes)) return kBatchBytes;
    little_ = true;
    return kLittleBytes;
}

Result<index::DocumentBatch> DocumentReader::read(std::span<const std::int64_t> ids) {
    ids = ids.first(std::min(ids.size(), kMostIds));
    const std::uint64_t most = std::exchange(first_, false) ? kLittleBytes : grant();
    ISO_TRY(auto batch, archive_->documents(ids, most));
    while (batch.ids == 0 && batch.next_bytes != 0) {
        const std::uint64_t bytes = batch.next_bytes;
        const Status held = hold(kTimesTheDocument * bytes);
        if (!held && held.error().code == ErrorCode::too_large) {
            log_event(LogLevel::error, "document_larger_than_memory",
                      {{"record", ids.front()}, {"bytes", bytes}});
            passed_over_ = true;
            return index::DocumentBatch{{}, 1, 0, 1};
        }
        ISO_CHECK(held);
        ISO_TRY(batch, archive_->documents(ids.first(1), bytes));
    }
    return batch;
}

// Documents come in the order asked, those that cannot be had left out.
Result<DocumentReader::Attached> DocumentReader::attach(std::span<index::SearchRow> rows) {
    std::vector<std::int64_t> ids;
    for (const index::SearchRow& row : rows.first(std::min(rows.size(), kMostIds)))
        ids.push_back(row.newest_record);
    ISO_TRY(auto batch, read(ids));
    const Attached attached{batch.ids, batch.ids - batch.documents.size() - batch.unreadable,
                            batch.unreadable};
    auto document = batch.documents.begin();
    for (index::SearchRow& row : rows) {
        if (document == batch.documents.end()) break;
        if (is_of(row, document->key)) row.document = std::move(*document++);
    }
    return attached;
}

Status DocumentReader::hold(std::uint64_t bytes) {
    Status held = memory_.resize(bytes < kFreeBytes ? 0 : bytes);
    if (held || held.error().code == ErrorCode::too_large) return held;
    return fail(ErrorCode::overloaded, "The server has no memory left for the answer.", "documents");
}

}  // namespace isocenter::api
