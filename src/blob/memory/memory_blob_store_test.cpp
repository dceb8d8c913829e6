#include "blob/memory/memory_blob_store.h"

#include "blob/contract_test.h"

namespace isocenter::blob {
namespace {

struct MemoryFixture {
    BlobStore& store() { return store_; }
    void reopen() {}
    MemoryBlobStore store_;
};

}  // namespace

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, BlobStoreContract, MemoryFixture);

}  // namespace isocenter::blob
