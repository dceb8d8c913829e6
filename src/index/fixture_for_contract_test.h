#pragma once

// What the contract tests and a database's own tests share.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "dicom/data_set.h"
#include "dicom/json_writer.h"
#include "dicom/tags.h"
#include "index/registry.h"

namespace isocenter::index {

namespace tags = dicom::tags;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// A folder that goes with the test.
class TemporaryFolder {
  public:
    TemporaryFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "isocenter-index-XXXXXX").string();
        if (mkdtemp(name.data()) != nullptr) path_ = name;
    }
    ~TemporaryFolder() {
        if (!path_.empty()) std::filesystem::remove_all(path_);
    }
    TemporaryFolder(const TemporaryFolder&) = delete;
    TemporaryFolder& operator=(const TemporaryFolder&) = delete;
    std::string file(const std::string& name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

struct DatabaseKind {
    std::string name;
    std::function<Result<Database>(const TemporaryFolder&)> open;
};

inline EntityKey key_of(const std::string& study, const std::string& series = {},
                        const std::string& instance = {}) {
    return {kDefaultPartition, StudyUid(study), SeriesUid(series), SopInstanceUid(instance)};
}

/// The document that these values are read from (attribute_values.h).
inline std::string document_of(const EntityKey& key, const AttributeValues& attributes,
                               const std::vector<RequestItem>& requests = {}) {
    dicom::DataSet data_set;
    data_set.set_text(tags::SpecificCharacterSet, "ISO_IR 192");
    for (const auto& [tag, value] : attributes)
        data_set.set_text(tag, value);
    if (!key.instance.empty()) data_set.set_text(tags::SOPInstanceUID, key.instance.view());
    dicom::Element sequence{.tag = tags::RequestAttributesSequence, .vr = dicom::Vr::SQ};
    for (const RequestItem& request : requests) {
        dicom::DataSet& item = sequence.items.emplace_back();
        item.set_text(tags::ScheduledProcedureStepID, request.scheduled_procedure_step_id);
        item.set_text(tags::RequestedProcedureID, request.requested_procedure_id);
    }
    if (!requests.empty()) data_set.set(std::move(sequence));
    return dicom::to_json(data_set);
}

inline NewInstance instance_of(const EntityKey& key, AttributeValues attributes = {}) {
    static std::atomic<int> blobs = 0;
    NewInstance made;
    made.key = key;
    made.document = document_of(key, attributes);
    made.attributes = std::move(attributes);
    made.sop_class_uid = "1.2.840.10008.5.1.4.1.1.2";
    made.transfer_syntax = "1.2.840.10008.1.2.1";
    made.frames = 1;
    made.blob = BlobKey("ab/" + std::to_string(++blobs));
    made.size_bytes = 1000;
    made.sha256[0] = static_cast<std::uint8_t>(blobs);
    made.layout = "layout of " + key.instance.str();
    return made;
}

class IndexContract : public ::testing::TestWithParam<DatabaseKind> {
  protected:
    void SetUp() override { reopen(); }
    void TearDown() override {
        const auto findings = records().check_consistency();
        ASSERT_TRUE(findings.ok());
        EXPECT_THAT(*findings, ::testing::IsEmpty());
    }

    void reopen() {
        database_ = {};
        auto opened = GetParam().open(folder_);
        ASSERT_TRUE(opened.ok()) << opened.error().detail;
        database_ = std::move(*opened);
    }
    Index& index() { return *database_.index; }
    RemovalQueue& removals() { return *database_.removals; }
    RecordScan& records() { return *database_.records; }
    MemberIndex& members() { return *database_.members; }

    AddOutcome add(const NewInstance& given) {
        auto outcomes = index().add(std::span(&given, 1));
        EXPECT_TRUE(outcomes.ok()) << outcomes.error().detail;
        return outcomes ? outcomes->front() : AddOutcome{};
    }
    AddOutcome add(const EntityKey& key, AttributeValues attributes = {}) {
        return add(instance_of(key, std::move(attributes)));
    }

    std::vector<SearchRow> rows(const dicom::Query& query) {
        std::vector<SearchRow> found;
        auto summary = index().search(query, [&](SearchRow&& row) -> Status {
            found.push_back(std::move(row));
            return {};
        });
        EXPECT_TRUE(summary.ok()) << summary.error().message << ' ' << summary.error().detail;
        if (summary) summary_ = *summary;
        return found;
    }
    /// The last UIDs of the rows, in order.
    std::vector<std::string> uids(const dicom::Query& query) {
        std::vector<std::string> found;
        for (const SearchRow& row : rows(query)) {
            const EntityKey& key = row.key;
            found.push_back(!key.instance.empty() ? key.instance.str()
                            : !key.series.empty() ? key.series.str()
                                                  : key.study.str());
        }
        return found;
    }
    std::vector<Change> feed(const ChangeQuery& query = {}) {
        auto changes = index().changes(query);
        EXPECT_TRUE(changes.ok()) << changes.error().detail;
        return changes ? std::move(*changes) : std::vector<Change>();
    }

    TemporaryFolder folder_;
    Database database_;
    SearchSummary summary_;
};

inline dicom::Query query_of(dicom::Level level, std::vector<dicom::Matcher> matchers) {
    dicom::Query query;
    query.level = level;
    query.matchers = std::move(matchers);
    return query;
}

inline dicom::Query studies_with(dicom::Tag tag, dicom::Match match) {
    return query_of(dicom::Level::study, {{tag, std::nullopt, std::move(match)}});
}

inline dicom::Match text_of(std::vector<std::string> any_of, bool case_sensitive = true) {
    return dicom::MatchText{std::move(any_of), case_sensitive};
}

inline dicom::Match name_of(std::string pattern, bool whole = false) {
    return dicom::MatchName{{std::move(pattern)}, whole};
}

}  // namespace isocenter::index
