#include "app/cast_local.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "dicom/json_filter.h"
#include "dicom/tags.h"
#include "fhir/feed/deep_json.h"
#include "fhir/mapping/options.h"

namespace isocenter::app {
namespace {

namespace json = boost::json;

constexpr std::uint64_t kPage = 200;

tl::unexpected<fhir::Failure> failed(const Error& error) {
    return fhir::failed(failure_of_local(error));
}

/// The archive of this process has no other one.
bool is_here(const std::string& partition) {
    return partition == fhir::kDefaultPartition;
}

index::EntityKey entity_of(const fhir::Key& key) {
    return {index::kDefaultPartition, StudyUid(key.study_uid), {}, {}};
}

/// Documents that cannot be read are left out as those are that were removed meanwhile; a study without the
/// former would lose instances in FHIR that the archive has.
Status only_removed_are_missing(archive::Archive& archive, const index::EntityKey& entity,
                                const std::vector<std::int64_t>& ids, std::size_t read) {
    ISO_TRY(const auto records, archive.list(entity));
    const auto still_there = std::count_if(records.begin(), records.end(), [&](const auto& record) {
        return std::find(ids.begin(), ids.end(), record.id) != ids.end();
    });
    if (static_cast<std::size_t>(still_there) <= read) return {};
    return fail(ErrorCode::corrupt, "metadata of the study cannot be read");
}

Result<std::vector<json::object>> data_sets_of(archive::Archive& archive, const index::EntityKey& entity) {
    ISO_TRY(const auto records, archive.list(entity));
    std::vector<std::int64_t> ids;
    for (const index::InstanceRecord& record : records)
        ids.push_back(record.id);
    ISO_TRY(const auto documents, archive.documents(ids));
    if (documents.size() < ids.size())
        ISO_CHECK(only_removed_are_missing(archive, entity, ids, documents.size()));
    std::vector<json::object> data_sets;
    for (const index::Document& document : documents) {
        ISO_TRY(json::object data_set, data_set_of(document));
        data_sets.push_back(std::move(data_set));
    }
    return data_sets;
}

bool is_absence(const Error& error) {
    return error.code == ErrorCode::not_found || error.code == ErrorCode::gone;
}

dicom::Query studies_query(const fhir::StudyFilter& filter, std::size_t offset) {
    dicom::Query query;
    query.level = dicom::Level::study;
    query.partition = index::kDefaultPartition;
    query.offset = offset;
    query.limit = kPage;
    const auto match = [&](dicom::Tag tag, dicom::Match what) {
        query.matchers.push_back({tag, std::nullopt, std::move(what)});
    };
    if (!filter.patient_id.empty()) match(dicom::tags::PatientID, dicom::MatchText{{filter.patient_id}});
    if (!filter.modality.empty()) match(dicom::tags::ModalitiesInStudy, dicom::MatchText{{filter.modality}});
    if (!filter.date.empty()) {
        const std::size_t dash = filter.date.find('-');
        const bool range = dash != std::string::npos;
        match(dicom::tags::StudyDate, dicom::MatchRange{filter.date.substr(0, dash),
                                                        range ? filter.date.substr(dash + 1) : filter.date});
    }
    return query;
}

/// With the mark, since versions and counts come again where the data folder was restored.
std::string version_of(const index::Revision& revision) {
    return std::to_string(revision.newest_version) + '/' + std::to_string(revision.instances) + '/' +
           revision.mark;
}

}  // namespace

Result<json::object> data_set_of(const index::Document& document) {
    dicom::JsonView view;
    view.drop_bulk = true;
    view.hidden = &document.hidden;
    std::string text;
    dicom::append_filtered(text, document.json, view);
    boost::system::error_code error;
    json::value parsed = fhir::parse_deep(text, error);
    if (error || !parsed.is_object())
        return fail(ErrorCode::corrupt, "the stored metadata is not one data set");
    return std::move(parsed.get_object());
}

fhir::Failure failure_of_local(const Error& error) {
    const bool of_the_study = error.code == ErrorCode::corrupt || error.code == ErrorCode::too_large;
    const auto kind = error.code == ErrorCode::unavailable ? fhir::FailureKind::archive_down
                      : of_the_study                       ? fhir::FailureKind::unusable
                                                           : fhir::FailureKind::archive_transient;
    return {kind, "the archive: " + error.message, 0, std::nullopt, {}};
}

struct LocalChangeSource::Bell {
    std::mutex mutex;
    std::condition_variable_any rung;
    std::uint64_t rings = 0;

    void ring() {
        const std::lock_guard lock(mutex);
        ++rings;
        rung.notify_all();
    }
};

LocalChangeSource::LocalChangeSource(archive::Archive& archive)
    : archive_(archive), bell_(std::make_shared<Bell>()) {
    archive.on_change([bell = bell_] { bell->ring(); });
}

LocalChangeSource::~LocalChangeSource() = default;

Result<std::int64_t> LocalChangeSource::latest() {
    {
        const std::lock_guard lock(bell_->mutex);
        heard_ = bell_->rings;
    }
    index::ChangeQuery query;
    query.latest_only = true;
    query.with_documents = false;
    ISO_TRY(const auto changes, archive_.changes(query));
    return changes.empty() ? 0 : changes.front().sequence;
}

Result<fhir::FeedWindow> LocalChangeSource::read(std::int64_t after) {
    index::ChangeQuery query;
    query.after = after;
    query.up_to = after + kWindow;
    query.limit = kWindow;
    query.with_documents = false;
    ISO_TRY(auto changes, archive_.changes(query));
    fhir::FeedWindow window;
    for (index::Change& change : changes) {
        fhir::FeedEntry entry{change.sequence,
                              std::move(change.partition_name),
                              std::string(change.key.study.str()),
                              change.time,
                              {}};
        if (change.action == index::Action::remove)
            entry.removed_instance = std::string(change.key.instance.str());
        window.entries.push_back(std::move(entry));
    }
    return window;
}

void LocalChangeSource::wait_for_news(std::stop_token stop, std::chrono::milliseconds longest) {
    std::unique_lock lock(bell_->mutex);
    bell_->rung.wait_for(lock, stop, longest, [this] { return bell_->rings != heard_; });
}

fhir::Attempt<fhir::StudyContent> LocalArchiveSource::read_study(const fhir::Key& key) {
    if (!is_here(key.partition)) return fhir::StudyContent{};
    const index::EntityKey entity = entity_of(key);
    // The revision first: content that is newer than its version is read once more, the reverse would be
    // missed.
    const auto revision = archive_.revision(entity);
    if (!revision && is_absence(revision.error())) return fhir::StudyContent{};
    if (!revision) return failed(revision.error());
    auto data_sets = data_sets_of(archive_, entity);
    if (!data_sets && is_absence(data_sets.error())) return fhir::StudyContent{};
    if (!data_sets) return failed(data_sets.error());
    return fhir::StudyContent{*std::move(data_sets), version_of(*revision)};
}

fhir::Attempt<std::optional<fhir::StudyContent>> LocalArchiveSource::read_if_changed(
    const fhir::Key& key, const std::string& version) {
    if (!is_here(key.partition)) return std::optional(fhir::StudyContent{});
    const auto revision = archive_.revision(entity_of(key));
    if (revision && version_of(*revision) == version) return std::optional<fhir::StudyContent>();
    FHIR_TRY(fhir::StudyContent content, read_study(key));
    return std::optional<fhir::StudyContent>(std::move(content));
}

fhir::Attempt<std::vector<json::object>> LocalArchiveSource::studies_of_patient(
    const std::string& partition, const std::string& patient_id) {
    std::vector<json::object> studies;
    if (!is_here(partition)) return studies;
    dicom::Query query = studies_query({.patient_id = patient_id}, 0);
    query.want_document = true;
    while (true) {
        const auto summary = archive_.search(query, [&](index::SearchRow&& row) -> Status {
            if (!row.document) return {};
            ISO_TRY(json::object study, data_set_of(*row.document));
            studies.push_back(std::move(study));
            return {};
        });
        if (!summary) return failed(summary.error());
        if (!summary->more) return studies;
        query.offset += kPage;
    }
}

fhir::Attempt<std::vector<fhir::Key>> LocalArchiveSource::page(const std::string& partition,
                                                               const fhir::StudyFilter& filter,
                                                               std::size_t offset) {
    std::vector<fhir::Key> keys;
    if (!is_here(partition)) return keys;
    const auto summary =
        archive_.search(studies_query(filter, offset), [&](index::SearchRow&& row) -> Status {
            keys.push_back({partition, std::string(row.key.study.str())});
            return {};
        });
    if (!summary) return failed(summary.error());
    return keys;
}

}  // namespace isocenter::app
