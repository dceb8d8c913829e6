#include "archive/store.h"

#include <algorithm>
#include <utility>

#include "archive/core.h"
#include "archive/duplicates.h"
#include "archive/instance_upload.h"
#include "archive/validation.h"
#include "dicom/json_writer.h"
#include "dicom/tags.h"
#include "index/attribute_values.h"

namespace isocenter::archive {
namespace {

namespace tags = dicom::tags;

std::string uid_as_sent(const dicom::DataSet& data_set, dicom::Tag tag) {
    const dicom::Element* element = data_set.find(tag);
    return element == nullptr ? std::string() : std::string(dicom::bare_uid(element->bytes));
}

Result<index::NewInstance> make_entry(const Received& received, const Verdict& verdict,
                                      std::uint64_t most_bytes, const StorePolicy& policy) {
    const dicom::Part10Object& object = received.object;
    index::NewInstance entry;
    const Reserve reserve = [&](std::uint64_t bytes) -> Status {
        return policy.reserve ? policy.reserve(received.held_bytes + bytes) : Status{};
    };
    ISO_TRY(entry.document, dicom::to_json(object.data_set, most_bytes, reserve));
    entry.key = verdict.key;
    entry.attributes = index::row_values(object.data_set, verdict.hidden);
    entry.requests = index::request_items(object.data_set, verdict.hidden);
    entry.sop_class_uid = uid_as_sent(object.data_set, tags::SOPClassUID);
    entry.transfer_syntax = object.transfer_syntax;
    entry.frames =
        object.layout.frames.kind == dicom::FrameTable::Kind::none ? 0 : object.layout.frames.frames;
    entry.blob = received.writer->key();
    entry.size_bytes = received.writer->size();
    entry.sha256 = received.sha256;
    entry.hidden = verdict.hidden;
    entry.layout = dicom::encode_layout(object.layout);
    entry.replace = policy.duplicates == Duplicates::replace;
    return entry;
}

void mark_failed(StoreOutcome& outcome, StoreFailure failure, std::string message, std::string detail = {}) {
    outcome.failure = failure;
    outcome.message = std::move(message);
    outcome.detail = std::move(detail);
}

void mark_failed(StoreOutcome& outcome, const Error& error) {
    const bool no_room = error.code == ErrorCode::unavailable || error.code == ErrorCode::too_large ||
                         error.code == ErrorCode::overloaded;
    mark_failed(outcome, no_room ? StoreFailure::out_of_resources : StoreFailure::processing, error.message,
                error.detail);
}

/// What an outcome takes until the request is answered.
std::uint64_t held_by(const StoreOutcome& outcome) {
    std::uint64_t bytes = sizeof(StoreOutcome) + outcome.sop_class_uid.capacity() +
                          outcome.sop_instance_uid.capacity() + outcome.message.capacity() +
                          outcome.detail.capacity() + outcome.key.study.view().size() +
                          outcome.key.series.view().size() + outcome.key.instance.view().size();
    if (outcome.short_pixels) bytes += outcome.short_pixels->blob.view().size();
    for (const dicom::Violation& violation : outcome.violations)
        bytes += sizeof(dicom::Violation) + violation.path.capacity() + violation.reason.capacity();
    return bytes;
}

/// A duplicate whose stored instance others remove before it can be compared is added in its place.
constexpr int kTriesBesideRemovals = 5;

void mark_duplicate(StoreOutcome& outcome, bool accepted) {
    if (!accepted) mark_failed(outcome, StoreFailure::duplicate, "an instance of these UIDs is stored");
}

}  // namespace

struct StoreBatch::State {
    State(Core& the_core, StorePolicy the_policy) : core(the_core), policy(std::move(the_policy)) {}

    void add_outcome();
    void end_instance();
    void add_pending(Received received, const Verdict& verdict);
    void commit_pending();
    void resolve_duplicate(PendingInstance& pending, StoreOutcome& outcome, std::uint64_t data_set_offset);
    Result<std::optional<bool>> accept_duplicate(PendingInstance& pending, std::uint64_t data_set_offset);

    struct Place {
        std::size_t outcome;
        std::uint64_t data_set_offset;
    };
    Core& core;
    const StorePolicy policy;
    std::vector<StoreOutcome> outcomes;
    std::unique_ptr<InstanceUpload> upload;
    std::vector<PendingInstance> pending;
    std::vector<Place> places;  ///< of `pending`, one each
    std::uint64_t pending_bytes = 0;
    std::uint64_t pending_held = 0;     ///< in memory
    std::uint64_t pending_largest = 0;  ///< document: each is packed beside itself, one after another
    std::uint64_t outcomes_held = 0;    ///< the same, but for the outcome under way
};

std::string message_with_places(const StoreOutcome& outcome) {
    constexpr std::size_t kPlaces = 4;
    std::string message = outcome.message;
    for (std::size_t i = 0; i < std::min(outcome.violations.size(), kPlaces); ++i)
        message += (i == 0 ? ": " : " ") + outcome.violations[i].path;
    return message;
}

StoreBatch::StoreBatch(Archive& archive, StorePolicy policy)
    : state_(std::make_unique<State>(archive.state_->core, std::move(policy))) {}

StoreBatch::~StoreBatch() = default;

void StoreBatch::begin_instance(std::uint64_t part) {
    if (state_->upload) state_->end_instance();
    state_->add_outcome();
    state_->outcomes.back().part = part;
    state_->upload = std::make_unique<InstanceUpload>(state_->core.blobs, state_->core.database.reserve,
                                                      state_->policy.max_instance_bytes,
                                                      state_->core.options.inline_bytes);
}

void StoreBatch::write(ByteView bytes) {
    if (state_->upload) state_->upload->write(bytes);
}

void StoreBatch::end_instance() {
    if (state_->upload) state_->end_instance();
}

void StoreBatch::fail_instance(StoreFailure failure, std::string message) {
    if (!state_->upload) state_->add_outcome();
    state_->upload.reset();
    mark_failed(state_->outcomes.back(), failure, std::move(message));
}

void StoreBatch::fail_instance(StoreFailure failure, std::string message, const dicom::DataSet& data_set) {
    fail_instance(failure, std::move(message));
    state_->outcomes.back().sop_class_uid = uid_as_sent(data_set, tags::SOPClassUID);
    state_->outcomes.back().sop_instance_uid = uid_as_sent(data_set, tags::SOPInstanceUID);
}

bool StoreBatch::refuse_unidentified(const dicom::DataSet& data_set) {
    Verdict verdict = identify(data_set, state_->policy);
    if (!verdict.failure) return false;
    fail_instance(*verdict.failure, std::move(verdict.message), data_set);
    state_->outcomes.back().violations = std::move(verdict.violations);
    return true;
}

void StoreBatch::drop_instance() {
    if (!state_->upload) return;
    state_->upload.reset();
    state_->outcomes.pop_back();
}

void StoreBatch::mark_discarded() {
    if (state_->upload) state_->outcomes.back().elements_discarded = true;
}

std::vector<StoreOutcome> StoreBatch::finish() {
    if (state_->upload) state_->end_instance();
    state_->commit_pending();
    return std::exchange(state_->outcomes, {});
}

std::size_t StoreBatch::instances() const {
    return state_->outcomes.size();
}

std::uint64_t StoreBatch::held_bytes() const {
    const std::uint64_t reading = state_->upload ? state_->upload->held_bytes() : 0;
    return state_->pending_held + state_->pending_largest + reading + state_->outcomes_held;
}

void StoreBatch::State::add_outcome() {
    if (!outcomes.empty()) outcomes_held += held_by(outcomes.back());
    outcomes.emplace_back();
}

void StoreBatch::State::end_instance() {
    const std::unique_ptr<InstanceUpload> ended = std::move(upload);
    StoreOutcome& outcome = outcomes.back();
    std::optional<Received> received = ended->finish();
    if (!received) {
        const InstanceUpload::Failure& failure = *ended->failure();
        return mark_failed(outcome, failure.reason, failure.message, failure.detail);
    }

    const dicom::DataSet& data_set = received->object.data_set;
    outcome.sop_class_uid = uid_as_sent(data_set, tags::SOPClassUID);
    outcome.sop_instance_uid = uid_as_sent(data_set, tags::SOPInstanceUID);
    outcome.implicit_vr = received->object.implicit_vr;
    Verdict verdict = validate(data_set, policy);
    check_transfer_syntax(received->object, verdict);
    outcome.violations = std::move(verdict.violations);
    if (outcome.violations.size() > kMaxViolations) {
        outcome.violations.resize(kMaxViolations);
        outcome.violations.shrink_to_fit();
    }
    outcome.patient_id_missing = verdict.patient_id_missing;
    outcome.multi_valued_indexed = verdict.multi_valued_indexed;
    if (verdict.failure) return mark_failed(outcome, *verdict.failure, verdict.message);
    outcome.key = verdict.key;
    const dicom::FrameTable& frames = received->object.layout.frames;
    if (frames.present() < frames.frames)
        outcome.short_pixels = {received->writer->key(), frames.frames, frames.present()};
    add_pending(std::move(*received), verdict);
}

// Looking before the commit saves a duplicate's blob the way to the disk; the index has the last word.
void StoreBatch::State::add_pending(Received received, const Verdict& verdict) {
    StoreOutcome& outcome = outcomes.back();
    PendingInstance added;
    auto entry = make_entry(received, verdict, core.options.max_document_bytes, policy);
    if (!entry) return mark_failed(outcome, entry.error());
    added.entry = *std::move(entry);
    const std::uint64_t data_set_offset = received.object.layout.data_set_offset;
    const auto stored = core.database.index->list(verdict.key, true);
    if (!stored) return mark_failed(outcome, stored.error());
    if (!stored->empty()) {
        const auto judged =
            judge_duplicate(core.blobs, policy.duplicates, stored->front(), added.entry, data_set_offset);
        if (!judged) return mark_failed(outcome, judged.error());
        const bool decided = *judged == DuplicateVerdict::success || *judged == DuplicateVerdict::refused;
        if (decided) return mark_duplicate(outcome, *judged == DuplicateVerdict::success);
        added.blob_only = *judged == DuplicateVerdict::needs_comparison;
        // By the time of the commit others may have healed it: what they were told is stored must stay.
        if (*judged == DuplicateVerdict::replaced) added.entry.replaces = stored->front().blob;
    }
    added.writer = std::move(received.writer);
    pending_bytes += added.entry.size_bytes;
    pending_held += sizeof(PendingInstance) + added.entry.document.size() + added.entry.layout.size();
    pending_largest = std::max<std::uint64_t>(pending_largest, added.entry.document.size());
    pending.push_back(std::move(added));
    places.push_back({outcomes.size() - 1, data_set_offset});
    const bool full =
        pending.size() >= core.options.group_instances || pending_bytes >= core.options.group_bytes;
    if (full && !policy.commit_only_at_finish) commit_pending();
}

void StoreBatch::State::commit_pending() {
    core.queue.commit(pending);
    for (std::size_t i = 0; i < pending.size(); ++i) {
        StoreOutcome& outcome = outcomes[places[i].outcome];
        if (!pending[i].status) {
            mark_failed(outcome, pending[i].status.error());
        } else if (pending[i].outcome && pending[i].outcome->created) {
            outcome.created = true;
            outcome.in_other_series = pending[i].outcome->in_other_series;
        } else {
            resolve_duplicate(pending[i], outcome, places[i].data_set_offset);
        }
    }
    pending.clear();
    places.clear();
    pending_bytes = 0;
    pending_held = 0;
    pending_largest = 0;
}

void StoreBatch::State::resolve_duplicate(PendingInstance& instance, StoreOutcome& outcome,
                                          std::uint64_t data_set_offset) {
    Result<std::optional<bool>> accepted = accept_duplicate(instance, data_set_offset);
    for (int tries = 0; accepted && !*accepted && tries < kTriesBesideRemovals; ++tries) {
        instance.blob_only = false;
        instance.outcome.reset();
        core.queue.commit({&instance, 1});
        if (!instance.status) return mark_failed(outcome, instance.status.error());
        outcome.created = instance.outcome && instance.outcome->created;
        outcome.in_other_series = outcome.created && instance.outcome->in_other_series;
        if (outcome.created) return;
        accepted = accept_duplicate(instance, data_set_offset);
    }
    if (!accepted) {
        mark_failed(outcome, accepted.error());
    } else if (*accepted) {
        mark_duplicate(outcome, **accepted);
    } else {
        mark_failed(outcome, StoreFailure::processing, "others store and remove the same instance");
    }
    PendingInstance* const discarded = &instance;
    core.queue.discard({&discarded, 1});
}

/// None when no instance is stored any more that this could be a duplicate of, or only one whose object is
/// lost: then it is to be committed again.
Result<std::optional<bool>> StoreBatch::State::accept_duplicate(PendingInstance& instance,
                                                                std::uint64_t data_set_offset) {
    ISO_TRY(const auto stored, core.database.index->list(instance.entry.key, true));
    if (stored.empty()) return std::optional<bool>();
    ISO_TRY(const DuplicateVerdict judged,
            judge_duplicate(core.blobs, policy.duplicates, stored.front(), instance.entry, data_set_offset));
    if (judged == DuplicateVerdict::replaced) {
        instance.entry.replaces = stored.front().blob;
        return std::optional<bool>();
    }
    if (judged != DuplicateVerdict::needs_comparison)
        return std::optional<bool>(judged == DuplicateVerdict::success);
    ISO_TRY(const bool equal, equal_data_sets(core.blobs, stored.front(), instance.entry, data_set_offset));
    return std::optional<bool>(equal);
}

}  // namespace isocenter::archive
