#pragma once

#include <cstdint>
#include <span>

#include "api/face.h"

namespace isocenter::api {

/// Reads the stored documents that an answer is made of while it is sent, a bounded number of bytes at a
/// time. What they and the text made of them take is charged to the memory of all requests until the reader
/// is gone. Used by one thread at a time.
class DocumentReader {
  public:
    explicit DocumentReader(const Face& face) : archive_(&face.archive), memory_(*face.memory) {}

    /// How many bytes of documents may be read together; memory for that is held then. Where there is none,
    /// so few that they need not be charged.
    std::uint64_t grant();
    /// The documents of the first of `ids`, of one at least and of no more than are granted; little at first,
    /// which is all that many answers need. One for which the memory of all requests together is too little
    /// counts as one that cannot be read. `overloaded` when a large document finds no memory for now.
    Result<index::DocumentBatch> read(std::span<const std::int64_t> ids);
    /// The same of the newest records of `rows`: gives the first of them their documents.
    struct Attached {
        std::size_t rows = 0;        ///< how many rows were looked at, one at least
        std::size_t gone = 0;        ///< of these, whose record was removed meanwhile
        std::size_t unreadable = 0;  ///< of these, whose document is there
    };
    Result<Attached> attach(std::span<index::SearchRow> rows);
    /// Whether a document was left out because there will never be memory for it.
    bool passed_over() const { return passed_over_; }
    /// Holds `bytes` from here on, whatever was held before: when a text grows, and when documents are gone.
    /// `overloaded` for now, `too_large` for ever; then it stays what it was.
    Status hold(std::uint64_t bytes);

    /// A document, what is made of it on the way, and its text.
    static constexpr std::uint64_t kTimesTheDocument = 3;
    static constexpr std::uint64_t kBatchBytes = 1ULL << 20U;

  private:
    archive::Archive* archive_;
    MemoryBudget::Lease memory_;
    bool passed_over_ = false;
    bool little_ = false;
    bool first_ = true;
};

}  // namespace isocenter::api
