#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "api/face.h"

namespace isocenter::api {

/// The instances that an answer is made of, in the order of retrieval: what is held of them however slowly a
/// client reads, in some bytes each, charged to the memory of all requests. Used by one thread at a time.
class MemberList {
  public:
    /// Those of the entity now. `not_found` or `gone` when there are none; `overloaded` or `too_large`
    /// without memory.
    static Result<MemberList> read(const Face& face, const index::EntityKey& key);

    /// Of their records.
    std::span<const std::int64_t> ids() const { return ids_; }
    /// Looks again for those from `from` on: a record that was replaced gives way to the one in its place.
    /// `unavailable` when one is gone for good.
    Status renew(std::size_t from);

  private:
    MemberList(const Face& face, index::EntityKey key)
        : face_(&face), key_(std::move(key)), memory_(*face.memory) {}

    const Face* face_;
    index::EntityKey key_;
    MemoryBudget::Lease memory_;
    std::vector<std::int64_t> ids_;
    std::vector<std::uint64_t> names_;
};

/// Of records that are replaced again and again while an answer is made of them, so many are looked for.
inline constexpr int kMostRenewals = 5;

/// What is told when instances that an answer is made of went before their turn came.
Error changed_meanwhile();

/// Holds what an answer's list takes: a short one need not ask. Errors as of DocumentReader::hold.
Status hold_list(MemoryBudget::Lease& memory, std::uint64_t bytes);

}  // namespace isocenter::api
