#include "blob/registry.h"

#include <array>

#include "blob/disk/disk_blob_store.h"
#include "blob/memory/memory_blob_store.h"

namespace isocenter::blob {
namespace {

struct Kind {
    std::string_view name;
    Result<std::unique_ptr<BlobStore>> (*open)(const StoreOptions&);
};

Result<std::unique_ptr<BlobStore>> open_memory(const StoreOptions&) {
    return std::unique_ptr<BlobStore>(std::make_unique<MemoryBlobStore>());
}

constexpr std::array kKinds{
    Kind{"disk", open_disk_store},
    Kind{"memory", open_memory},
};

}  // namespace

Result<std::unique_ptr<BlobStore>> open_store(const StoreOptions& options) {
    for (const Kind& kind : kKinds) {
        if (kind.name == options.kind) return kind.open(options);
    }
    return fail(ErrorCode::invalid_request, "unknown kind of blob store: " + options.kind);
}

}  // namespace isocenter::blob
