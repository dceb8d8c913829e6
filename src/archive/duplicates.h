#pragma once

#include "archive/store.h"
#include "blob/blob_store.h"
#include "index/index.h"

namespace isocenter::archive {

/// What to do with an instance whose UIDs are stored already.
enum class DuplicateVerdict {
    success,           ///< the stored one stays, and that is fine
    refused,           ///< a failure
    replaced,          ///< the incoming one takes its place, by policy or since the stored object is lost
    needs_comparison,  ///< the data sets could be equal: their bytes must be compared
};

/// Decides by policy, hash and length, and by whether the object of `stored` is there where the same bytes
/// came, or any under `keep`. `data_set_offset` belongs to `incoming`. `corrupt` when the stored layout
/// cannot be read; `unavailable` when the blob store cannot be asked.
Result<DuplicateVerdict> judge_duplicate(blob::BlobStore& blobs, Duplicates policy,
                                         const index::InstanceRecord& stored,
                                         const index::NewInstance& incoming, std::uint64_t data_set_offset);

/// Whether two readable objects are the same from their data sets' first bytes on, or mean the same: as they
/// would leave in explicit VR little endian, where both can. An attribute whose VR one of them does not tell
/// (a private one in implicit VR) is another one.
Result<bool> equal_data_sets(blob::BlobStore& blobs, const index::InstanceRecord& stored,
                             const index::NewInstance& incoming, std::uint64_t data_set_offset);

}  // namespace isocenter::archive
