#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "index/index.h"

namespace isocenter::jobs {

/// Answers as the scan that it was given, which outlives it; a test alters single answers.
class ForwardingScan : public index::RecordScan {
  public:
    explicit ForwardingScan(index::RecordScan& inner) : inner_(inner) {}
    Result<std::vector<index::InstanceRecord>> scan(std::int64_t after, std::size_t limit) override {
        return inner_.scan(after, limit);
    }
    Result<std::vector<BlobKey>> unreferenced(std::span<const BlobKey> keys) override {
        return inner_.unreferenced(keys);
    }
    Result<std::vector<BlobKey>> unreferenced_by_walk(std::span<const BlobKey> keys) override {
        return inner_.unreferenced_by_walk(keys);
    }
    Result<std::vector<std::string>> check_consistency() override { return inner_.check_consistency(); }
    Result<std::vector<dicom::Tag>> rewrite(const index::EntityKey& key) override {
        return inner_.rewrite(key);
    }

  private:
    index::RecordScan& inner_;
};

}  // namespace isocenter::jobs
