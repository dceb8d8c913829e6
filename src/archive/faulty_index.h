#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "index/index.h"

namespace isocenter::archive {

/// For tests: passes everything on to another index and fails additions where a test says. Hooks are set
/// before use.
class FaultyIndex final : public index::Index {
  public:
    using Hook = std::function<Status(std::span<const index::NewInstance>)>;

    explicit FaultyIndex(index::Index& inner) : inner_(inner) {}

    Hook before_add;  ///< an error instead of the addition
    Hook after_add;   ///< an error although it was done
    std::function<void()> before_list;
    std::function<void()> before_documents;
    std::function<void()> after_revision;
    std::function<void()> after_search;  ///< the index holds nothing for it any more

    std::size_t additions() const { return additions_; }

    Result<std::vector<index::AddOutcome>> add(std::span<const index::NewInstance> instances) override {
        ++additions_;
        if (before_add) ISO_CHECK(before_add(instances));
        auto outcomes = inner_.add(instances);
        if (outcomes && after_add) ISO_CHECK(after_add(instances));
        return outcomes;
    }
    Result<std::uint64_t> remove(const index::EntityKey& key) override { return inner_.remove(key); }
    Result<std::vector<index::InstanceRecord>> list(const index::EntityKey& key, bool layout) override {
        if (before_list) before_list();
        return inner_.list(key, layout);
    }
    Result<index::Revision> revision(const index::EntityKey& key) override {
        auto revision = inner_.revision(key);
        if (after_revision) after_revision();
        return revision;
    }
    Result<index::DocumentBatch> documents(std::span<const std::int64_t> ids,
                                           std::uint64_t most_bytes) override {
        if (before_documents) before_documents();
        return inner_.documents(ids, most_bytes);
    }
    Result<index::SearchSummary> search(const dicom::Query& query,
                                        const std::function<Status(index::SearchRow&&)>& sink) override {
        auto summary = inner_.search(query, sink);
        if (after_search) after_search();
        return summary;
    }
    Result<std::vector<index::Change>> changes(const index::ChangeQuery& query) override {
        return inner_.changes(query);
    }
    Result<index::Totals> totals() override { return inner_.totals(); }
    Status check() override { return before_add ? before_add({}) : inner_.check(); }

  private:
    index::Index& inner_;
    std::size_t additions_ = 0;
};

/// A transaction with the instance of this UID fails as one whose row breaks a rule of the database does.
inline FaultyIndex::Hook refuse_instance(const std::string& uid) {
    return [uid](std::span<const index::NewInstance> instances) -> Status {
        for (const index::NewInstance& instance : instances) {
            if (instance.key.instance.view() == uid) return fail(ErrorCode::internal, "the row is refused");
        }
        return {};
    };
}

}  // namespace isocenter::archive
