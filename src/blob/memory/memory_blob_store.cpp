#include "blob/memory/memory_blob_store.h"

#include <algorithm>
#include <cstring>

#include "blob/key.h"

namespace isocenter::blob {
namespace {

class MemoryWriter final : public BlobWriter {
  public:
    explicit MemoryWriter(BlobKey key) : key_(std::move(key)) {}
    const BlobKey& key() const override { return key_; }
    std::uint64_t size() const override { return text_.size(); }
    Status write(ByteView bytes) override {
        text_.append(as_text(bytes));
        return {};
    }
    std::string release() { return std::move(text_); }

  private:
    BlobKey key_;
    std::string text_;
};

class SharedTextSource final : public ByteSource {
  public:
    SharedTextSource(std::shared_ptr<const std::string> text, ByteRange range)
        : text_(std::move(text)), range_(range) {}
    Result<std::size_t> read(MutableBytes into) override {
        const std::size_t n = std::min<std::uint64_t>(into.size(), range_.length);
        if (n != 0) std::memcpy(into.data(), text_->data() + range_.offset, n);
        range_.offset += n;
        range_.length -= n;
        return n;
    }
    std::optional<std::uint64_t> remaining() const override { return range_.length; }

  private:
    std::shared_ptr<const std::string> text_;
    ByteRange range_;
};

}  // namespace

Result<std::unique_ptr<BlobWriter>> MemoryBlobStore::create(const BlobKey& key) {
    if (!is_key(key.view())) return fail(ErrorCode::invalid_request, "not a blob key");
    return std::unique_ptr<BlobWriter>(std::make_unique<MemoryWriter>(key));
}

std::vector<Status> MemoryBlobStore::commit(std::span<BlobWriter* const> writers) {
    std::vector<Status> statuses(writers.size());
    const std::lock_guard lock(mutex_);
    for (BlobWriter* writer : writers) {
        auto& memory = dynamic_cast<MemoryWriter&>(*writer);
        objects_[memory.key()] = std::make_shared<const std::string>(memory.release());
    }
    return statuses;
}

Result<std::unique_ptr<ByteSource>> MemoryBlobStore::open(const BlobKey& key, ByteRange range) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return fail(ErrorCode::not_found, "no such object");
    const std::uint64_t size = found->second->size();
    if (range.offset > size || range.length > size - range.offset) {
        return fail(ErrorCode::out_of_range, "range passes the end of the object");
    }
    return std::unique_ptr<ByteSource>(std::make_unique<SharedTextSource>(found->second, range));
}

Result<std::uint64_t> MemoryBlobStore::size(const BlobKey& key) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end()) return fail(ErrorCode::not_found, "no such object");
    return found->second->size();
}

Status MemoryBlobStore::remove(const BlobKey& key) {
    const std::lock_guard lock(mutex_);
    objects_.erase(key);
    return {};
}

Result<std::vector<BlobKey>> MemoryBlobStore::list(const BlobKey& after, std::size_t limit) {
    const std::lock_guard lock(mutex_);
    std::vector<BlobKey> keys;
    for (auto it = objects_.upper_bound(after); it != objects_.end() && keys.size() < limit; ++it) {
        keys.push_back(it->first);
    }
    return keys;
}

Status MemoryBlobStore::damage(const BlobKey& key, std::uint64_t offset) {
    const std::lock_guard lock(mutex_);
    const auto found = objects_.find(key);
    if (found == objects_.end() || offset >= found->second->size()) {
        return fail(ErrorCode::not_found, "no such byte");
    }
    std::string text = *found->second;
    text[offset] = static_cast<char>(text[offset] ^ 1);
    found->second = std::make_shared<const std::string>(std::move(text));
    return {};
}

}  // namespace isocenter::blob
