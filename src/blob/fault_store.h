#pragma once

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "blob/blob_store.h"

namespace isocenter::blob {

/// Passes everything on to another store and fails where a test says. Thread-safe as the other store is.
class FaultStore final : public BlobStore {
  public:
    enum class Call { create, write, commit, open, remove };

    explicit FaultStore(BlobStore& inner) : inner_(inner) {}

    /// The `nth` (from 1) call from now on fails with `unavailable`, and all after it until `heal`.
    void fail_from(Call call, std::int64_t nth) { left_[static_cast<std::size_t>(call)] = nth - 1; }
    void heal() {
        for (auto& left : left_)
            left = kNever;
    }
    /// A failing commit makes the first half of its objects visible all the same: a crash half-way.
    void set_half_commits(bool on) { half_commits_ = on; }
    std::uint64_t commits() const { return commits_; }

    Result<std::unique_ptr<BlobWriter>> create(const BlobKey& key) override {
        ISO_CHECK(pass(Call::create));
        ISO_TRY(auto writer, inner_.create(key));
        return std::unique_ptr<BlobWriter>(std::make_unique<FaultWriter>(*this, std::move(writer)));
    }
    Status commit(std::span<BlobWriter* const> writers) override {
        ++commits_;
        std::vector<BlobWriter*> inner;
        for (BlobWriter* writer : writers)
            inner.push_back(dynamic_cast<FaultWriter&>(*writer).inner());
        if (Status status = pass(Call::commit); !status) {
            if (half_commits_) ISO_CHECK(inner_.commit(std::span(inner).first(inner.size() / 2)));
            return status;
        }
        return inner_.commit(inner);
    }
    Result<std::unique_ptr<ByteSource>> open(const BlobKey& key, ByteRange range) override {
        ISO_CHECK(pass(Call::open));
        return inner_.open(key, range);
    }
    Result<std::uint64_t> size(const BlobKey& key) override { return inner_.size(key); }
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
    std::atomic<std::int64_t> left_[5] = {kNever, kNever, kNever, kNever, kNever};
    std::atomic<bool> half_commits_{false};
    std::atomic<std::uint64_t> commits_{0};
};

}  // namespace isocenter::blob
