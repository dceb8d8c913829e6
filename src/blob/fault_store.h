#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "blob/blob_store.h"

namespace isocenter::blob {

/// Passes everything on to another store and fails where a test says. Thread-safe as the other store is.
class FaultStore final : public BlobStore {
  public:
    enum class Call { create, write, commit, open, size, remove };

    explicit FaultStore(BlobStore& inner) : inner_(inner) {}

    /// The `nth` (from 1) call from now on fails with `unavailable`, and all after it until `heal`.
    void fail_from(Call call, std::int64_t nth) { left_[static_cast<std::size_t>(call)] = nth - 1; }
    void heal() {
        for (auto& left : left_)
            left = kNever;
        unlucky_ = SIZE_MAX;
    }
    /// Of every commit the object at this place (from 0) fails, and no other, until `heal`.
    void fail_in_commit(std::size_t place) { unlucky_ = place; }
    std::uint64_t commits() const { return commits_; }

    Result<std::unique_ptr<BlobWriter>> create(const BlobKey& key) override {
        ISO_CHECK(pass(Call::create));
        ISO_TRY(auto writer, inner_.create(key));
        return std::unique_ptr<BlobWriter>(std::make_unique<FaultWriter>(*this, std::move(writer)));
    }
    std::vector<Status> commit(std::span<BlobWriter* const> writers) override {
        ++commits_;
        if (const Status status = pass(Call::commit); !status)
            return std::vector<Status>(writers.size(), status);
        std::vector<Status> statuses(writers.size());
        for (std::size_t i = 0; i < writers.size(); ++i) {
            BlobWriter* const inner = dynamic_cast<FaultWriter&>(*writers[i]).inner();
            statuses[i] = i == unlucky_ ? Status(fail(ErrorCode::unavailable, "the object was lost"))
                                        : inner_.commit({&inner, 1}).front();
        }
        return statuses;
    }
    Result<std::unique_ptr<ByteSource>> open(const BlobKey& key, ByteRange range) override {
        ISO_CHECK(pass(Call::open));
        return inner_.open(key, range);
    }
    Result<std::uint64_t> size(const BlobKey& key) override {
        ISO_CHECK(pass(Call::size));
        return inner_.size(key);
    }
    Status remove(const BlobKey& key) override {
        ISO_CHECK(pass(Call::remove));
        return inner_.remove(key);
    }
    Result<std::vector<BlobKey>> list(const BlobKey& after, std::size_t limit) override {
        return inner_.list(after, limit);
    }
    Status check() override { return inner_.check(); }

  private:
    class FaultWriter final : public BlobWriter {
      public:
        FaultWriter(FaultStore& store, std::unique_ptr<BlobWriter> inner)
            : store_(store), inner_(std::move(inner)) {}
        const BlobKey& key() const override { return inner_->key(); }
        std::uint64_t size() const override { return inner_->size(); }
        Status write(ByteView bytes) override {
            ISO_CHECK(store_.pass(Call::write));
            return inner_->write(bytes);
        }
        Status complete() override { return inner_->complete(); }
        BlobWriter* inner() { return inner_.get(); }

      private:
        FaultStore& store_;
        std::unique_ptr<BlobWriter> inner_;
    };

    Status pass(Call call) {
        auto& left = left_[static_cast<std::size_t>(call)];
        if (left == kNever) return {};
        if (left.fetch_sub(1) > 0) return {};
        left = 0;
        return fail(ErrorCode::unavailable, "the store is full");
    }

    static constexpr std::int64_t kNever = INT64_MAX;
    BlobStore& inner_;
    std::atomic<std::int64_t> left_[6] = {kNever, kNever, kNever, kNever, kNever, kNever};
    std::atomic<std::size_t> unlucky_{SIZE_MAX};
    std::atomic<std::uint64_t> commits_{0};
};

}  // namespace isocenter::blob
