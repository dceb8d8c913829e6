#include <algorithm>

#include "api/dicomweb/entity.h"
#include "api/dicomweb/failure_reason.h"
#include "api/dicomweb/refusals.h"
#include "api/dicomweb/retrieval.h"
#include "api/dicomweb/store_metadata.h"
#include "api/dicomweb/store_response.h"
#include "api/dicomweb/store_types.h"
#include "base/log.h"
#include "http/ascii.h"
#include "http/multipart_reader.h"

namespace isocenter::api {
namespace {

/// Of all that waits for the metadata of a request; server.max_body_bytes may be less.
constexpr std::uint64_t kMaxBulkBytes = 64ULL << 30U;
/// Per instance: a hostile one can have millions.
constexpr std::size_t kLoggedViolations = 20;

http::Response unsupported_media(const Face& face, const http::Request& request, std::string_view reason) {
    ErrorDetails details;
    details.asked = {std::string(request.headers.get("Content-Type"))};
    details.available = store_types(face.profile);
    details.bodiless = true;
    return error_response(face.profile, request, fail(ErrorCode::unsupported_media, std::string(reason)),
                          details);
}

/// A request refused by its headers: the body is not looked at.
class RefusedStore : public http::Exchange {
  public:
    explicit RefusedStore(http::Response response)
        : response_(std::make_unique<http::Response>(std::move(response))) {}
    Status on_body(ByteView) override { return fail(ErrorCode::invalid_request, "refused"); }
    http::Response finish() override { return std::move(*response_); }
    std::unique_ptr<http::Response> early_response() override { return std::move(response_); }

  private:
    std::unique_ptr<http::Response> response_;
};

archive::StorePolicy policy_of(const Face& face, const index::EntityKey& key) {
    archive::StorePolicy policy;
    policy.validation = face.profile.validation;
    policy.duplicates = face.profile.duplicates;
    if (!key.study.empty()) policy.study = key.study;
    policy.max_instance_bytes = face.options.max_instance_bytes;
    // A wrong part anywhere undoes the whole request there (dicomweb.md 4.1).
    policy.commit_only_at_finish = !face.profile.standard;
    return policy;
}

/// The answer has but a code for what is wrong (standard-face.md 4.5): the log has the attributes, without
/// values. Which instance it was the sender knows, by the request: UIDs may identify patients.
void log_violations(const std::vector<archive::StoreOutcome>& outcomes, std::string_view request_id) {
    for (const archive::StoreOutcome& outcome : outcomes) {
        if (outcome.failure || outcome.violations.empty()) continue;
        std::string paths;
        const std::size_t shown = std::min(outcome.violations.size(), kLoggedViolations);
        for (std::size_t i = 0; i < shown; ++i)
            paths += (paths.empty() ? "" : " ") + outcome.violations[i].path;
        log_event(LogLevel::warning, "stored_with_invalid_values",
                  {{"request_id", request_id}, {"attributes", std::string_view(paths)}});
    }
}

/// Whoever runs the archive should know that a sender loses pixels.
void log_short_pixels(const std::vector<archive::StoreOutcome>& outcomes, std::string_view request_id) {
    for (const archive::StoreOutcome& outcome : outcomes) {
        if (outcome.failure || !outcome.short_pixels) continue;
        const archive::StoreOutcome::ShortPixels& pixels = *outcome.short_pixels;
        log_event(LogLevel::warning, "pixel_data_short",
                  {{"request_id", request_id},
                   {"blob", pixels.blob.view()},
                   {"frames", pixels.frames},
                   {"frames_present", pixels.present}});
    }
}

/// How many instances were stored beside one of the same SOP Instance UID in another series, which is told:
/// the UID is to name one instance in the world, and no code of a Warning Reason says that.
std::uint64_t log_shared_uids(const std::vector<archive::StoreOutcome>& outcomes,
                              std::string_view request_id) {
    const auto shared =
        static_cast<std::uint64_t>(std::ranges::count_if(outcomes, &archive::StoreOutcome::in_other_series));
    if (shared > 0)
        log_event(LogLevel::warning, "sop_instance_uid_in_other_series",
                  {{"request_id", request_id}, {"count", shared}});
    return shared;
}

/// Whether the same request may succeed as a whole later.
bool is_for_want_of_resources(const std::vector<archive::StoreOutcome>& outcomes) {
    return std::ranges::all_of(outcomes, [](const archive::StoreOutcome& outcome) {
        return outcome.failure == archive::StoreFailure::out_of_resources;
    });
}

/// One store request: parts go straight into the batch as they arrive.
class StoreExchange : public http::Exchange, private http::MultipartHandler {
  public:
    StoreExchange(const Face& face, const http::Request& request, const index::EntityKey& key, BodyForm form,
                  DataSetForm answer)
        : face_(face),
          request_(request),
          pinned_(!key.study.empty()),
          form_(std::move(form)),
          answer_(answer),
          memory_(*face.memory),
          batch_(std::in_place, face.archive, policy(key)) {
        http::MultipartHandler& parts = *this;
        if (!form_.boundary.empty())
            reader_.emplace(form_.boundary, parts);
        else
            begin_single();
    }

    Status on_body(ByteView bytes) override {
        any_bytes_ = any_bytes_ || !bytes.empty();
        Status status = reader_ ? reader_->write(bytes) : on_part_data(bytes);
        if (status) status = charge(0);
        if (!status && !early_) end_early(status.error());
        return status;
    }

    http::Response finish() override {
        if (!reader_) (void)on_part_end();
        return answer(
            fail(ErrorCode::invalid_request, "the multipart body ends before its closing boundary"));
    }

    std::unique_ptr<http::Response> on_body_cut(const Error& why) override {
        if (!keeps_what_came()) return nullptr;
        return std::make_unique<http::Response>(answer(why));
    }

    std::unique_ptr<http::Response> early_response() override { return std::move(early_); }

  private:
    archive::StorePolicy policy(const index::EntityKey& key) {
        archive::StorePolicy policy = policy_of(face_, key);
        policy.reserve = [this](std::uint64_t bytes) {
            Status status = charge(bytes);
            if (!status) no_memory_ = status.error();
            return status;
        };
        return policy;
    }

    /// What arrived whole is kept, whatever follows it (standard-face.md 4.3, 4.4).
    bool keeps_what_came() const {
        return face_.profile.standard && (any_complete_ || last_part_is_complete());
    }

    void end_early(const Error& why) {
        if (keeps_what_came())
            early_ = std::make_unique<http::Response>(answer(why));
        else
            drop_batch();
    }

    /// `cut`: why the body ends before its closing boundary, where it does.
    http::Response answer(const Error& cut) {
        if (reader_) {
            if (auto refused = end_of_multipart(cut)) return *std::move(refused);
        }
        if (metadata_) {
            const Status status = store_described();
            if (!status && status.error().code == ErrorCode::cancelled) {
                drop_batch();
                return error_response(face_.profile, request_, status.error());
            }
            if (!status && batch_->instances() == 0)
                return error_response(face_.profile, request_, status.error());
            if (!status) add_failure(status.error(), 0);
        }
        StoreReport report;
        report.base_uri = face_.base_uri(request_);
        report.study_in_path = pinned_;
        report.other_failures = std::move(other_failures_);
        report.outcomes = batch_->finish();
        if (no_memory_ && is_for_want_of_resources(report.outcomes))
            return error_response(face_.profile, request_, *no_memory_);
        if (face_.profile.validation == archive::Validation::standard_checked)
            log_violations(report.outcomes, request_.request_id);
        log_short_pixels(report.outcomes, request_.request_id);
        if (report.outcomes.empty() && !face_.profile.standard) return http::empty_response(204);
        const Refusals refusals = refusals_of(face_.profile, report);
        log_refusals(refusals, request_.request_id);
        const std::uint64_t shared_uids = log_shared_uids(report.outcomes, request_.request_id);
        http::Response response = store_response(face_.profile, std::move(report), answer_,
                                                 request_.headers.get("Host"), std::move(memory_));
        if (face_.profile.standard) {
            add_refusal_warnings(response, refusals, face_.options.service_name);
            if (shared_uids > 0)
                response.headers.add(
                    "Warning", "299 " + face_.options.service_name + ": " + std::to_string(shared_uids) +
                                   " stored beside an instance of the same SOP Instance UID in "
                                   "another series");
        }
        return response;
    }

    void add_failure(const Error& error, std::uint64_t part) {
        other_failures_.push_back({failure_of(error), part, error.message, error.detail});
    }

    /// Of the part under way; 0 in a body that has none.
    std::uint64_t part_number() const { return reader_ ? reader_->parts() : 0; }

    /// Stores the objects that came as metadata and bulk data.
    Status store_described() {
        const Reserve reserve = [this](std::uint64_t bytes) -> Status {
            const std::uint64_t before = std::exchange(described_bytes_, bytes);
            Status status = charge(0);
            if (!status) described_bytes_ = before;
            return status;
        };
        ISO_TRY(const auto failures, metadata_->finish(*batch_, reserve, request_.abandoned));
        other_failures_.insert(other_failures_.end(), failures.begin(), failures.end());
        return {};
    }

    /// Takes what the request holds, and `more`, from the memory of all requests. In whole steps, so that
    /// small objects need not ask.
    Status charge(std::uint64_t more) {
        constexpr std::uint64_t kStep = 64 * 1024;
        const std::uint64_t answer = answer_ == DataSetForm::json ? 0 : kXmlAnswerBytes * batch_->instances();
        const std::uint64_t held = batch_->held_bytes() + (metadata_ ? metadata_->held_bytes() : 0) +
                                   described_bytes_ + answer + more;
        return memory_.resize(held / kStep * kStep);
    }

    void begin_single() {
        const auto kind = kind_of(*form_.type);
        begin(*kind, *form_.type, {});
    }

    MetadataStore& metadata() {
        if (!metadata_) {
            metadata_.emplace(request_.base_url + request_.path,
                              Spool(kMaxBulkBytes, face_.options.spool_folder),
                              face_.options.max_instance_bytes);
        }
        return *metadata_;
    }

    void begin(PartKind kind, const http::MediaType& type, std::string_view location) {
        part_ = kind;
        part_bytes_ = 0;
        switch (kind) {
            case PartKind::dicom:
                batch_->begin_instance(part_number());
                break;
            case PartKind::json:
                metadata().begin_part(MetadataStore::Kind::json, part_number(), type, location);
                break;
            case PartKind::xml:
                metadata().begin_part(MetadataStore::Kind::xml, part_number(), type, location);
                break;
            case PartKind::bulk:
                metadata().begin_part(MetadataStore::Kind::bulk, part_number(), type, location);
                break;
        }
    }

    /// The media type of a part; the first one may take the request's `type` (dicomweb.md 4.1).
    std::optional<http::MediaType> type_of_part(const http::Headers& headers) const {
        if (headers.has("Content-Type")) return http::parse_media_type(headers.get("Content-Type"));
        if (reader_->parts() <= 1 || face_.profile.standard) return form_.type;
        return std::nullopt;
    }

    Status refuse_part() {
        drop_batch();
        early_ = std::make_unique<http::Response>(
            unsupported_media(face_, request_, "A part of the request is of a type that cannot be stored."));
        return fail(ErrorCode::unsupported_media, "a part of the request is of a type that cannot be stored");
    }

    /// There a part over the limit ends the request as well (dicomweb.md 4.1), and nothing is committed yet;
    /// on the standard face it fails alone.
    Status check_size(std::size_t more) {
        const std::uint64_t limit = face_.options.max_instance_bytes;
        part_bytes_ += more;
        if (face_.profile.standard || limit == 0 || part_bytes_ <= limit) return {};
        const Error error = fail(ErrorCode::too_large, "An instance is larger than this server takes.");
        drop_batch();
        early_ = std::make_unique<http::Response>(error_response(face_.profile, request_, error));
        return error;
    }

    /// A part without headers or bytes is no part (dicomweb.md 4.1): what it is shows with its first byte.
    Status on_part_begin(const http::Headers& headers) override {
        part_.reset();
        // A piece of a body can hold thousands of parts.
        if (request_.abandoned.stop_requested())
            return fail(ErrorCode::cancelled, "The request was given up while it was stored.");
        unlabelled_ = headers.fields().empty();
        if (unlabelled_) return {};
        return begin_part(headers);
    }

    /// Such a part fails alone (standard-face.md 4.3); on the other faces it ends the request.
    Status on_part_unreadable(const Error& why) override {
        part_.reset();
        unlabelled_ = false;
        if (!face_.profile.standard) return why;
        if (!unreadable_) unreadable_ = why.message;
        add_failure(why, part_number());
        return {};
    }

    /// With a location a part is the bulk data of an element, of whatever type: a document's is its own
    /// (standard-face.md 4.2). The general names of JSON and XML mean metadata there only when the request
    /// says so.
    std::optional<PartKind> kind_of_part(const http::MediaType& type, bool located) {
        const auto kind = kind_of(type);
        if (kind && !form_.type) form_.type = type;
        const bool own_name = type.type == "application" && type.subtype.starts_with("dicom");
        if (!located || own_name || (form_.type && type.essence() == form_.type->essence())) return kind;
        const bool of_files = form_.type && kind_of(*form_.type) == PartKind::dicom;
        if (of_files && !kind && !is_bulk_type(type)) return std::nullopt;
        return PartKind::bulk;
    }

    Status begin_part(const http::Headers& headers) {
        unlabelled_ = false;
        const auto type = type_of_part(headers);
        std::optional<PartKind> kind;
        if (face_.profile.accepts_metadata_store) {
            if (type) kind = kind_of_part(*type, headers.has("Content-Location"));
        } else {
            kind = type ? kind_of(*type) : std::nullopt;
            if (kind != PartKind::dicom || !type->params.empty()) return refuse_part();
        }
        if (kind)
            begin(*kind, *type, headers.get("Content-Location"));
        else
            other_failures_.push_back({archive::StoreFailure::unsupported_part, part_number(),
                                       "the part is of a type that cannot be stored"});
        return {};
    }

    Status on_part_data(ByteView bytes) override {
        if (unlabelled_) ISO_CHECK(begin_part({}));
        if (!part_) return {};
        if (part_ != PartKind::dicom) return metadata().write(bytes);
        ISO_CHECK(check_size(bytes.size()));
        batch_->write(bytes);
        return {};
    }

    Status on_part_end() override {
        if (part_ == PartKind::dicom) batch_->end_instance();
        any_complete_ = any_complete_ || part_;
        part_.reset();
        return {};
    }

    /// Whether the body broke off behind the bytes of the part under way.
    bool last_part_is_complete() const {
        return reader_ && part_ && reader_->finish() == http::MultipartReader::End::in_boundary;
    }

    /// The part that the body broke off in: an instance that failed where every part is one (dicomweb.md
    /// 14.1), else no part (standard-face.md 4.4).
    void close_open_part() {
        if (part_ && !face_.profile.standard)
            batch_->fail_instance(archive::StoreFailure::not_understood, "the body ends inside the part");
        else if (part_ == PartKind::dicom)
            batch_->drop_instance();
        else if (part_)
            metadata_->drop_part();
        part_.reset();
    }

    void drop_batch() { batch_.reset(); }

    http::Response refuse_body(std::string_view reason) {
        drop_batch();
        return error_response(face_.profile, request_, fail(ErrorCode::invalid_request, std::string(reason)));
    }

    /// What an unusual end of the body means; nothing when the parts are to be stored.
    std::optional<http::Response> end_of_multipart(const Error& cut) {
        using End = http::MultipartReader::End;
        const End end = reader_->finish();
        const bool standard = face_.profile.standard;
        const bool between = end == End::between && reader_->parts() > 0;
        if (!standard && (end == End::between || (end == End::in_part && !part_)))
            return refuse_body("The multipart body breaks off between its parts.");
        // Only an empty body surely has no part: the sender of anything else must hear that nothing is
        // stored.
        if (end == End::no_boundary && any_bytes_)
            return refuse_body("The multipart body has no boundary of its content type.");
        if (end == End::in_part) close_open_part();
        if (end == End::in_boundary) (void)on_part_end();
        if (standard && (between || end == End::in_part || end == End::in_boundary))
            add_failure(cut, reader_->parts() + (between ? 1 : 0));
        const bool no_part = batch_->instances() == 0 && !metadata_;
        if (no_part && unreadable_) return refuse_body(*unreadable_);
        if (no_part && !other_failures_.empty() &&
            std::ranges::all_of(other_failures_, [](const PartFailure& failure) {
                return failure.failure == archive::StoreFailure::unsupported_part;
            }))
            return unsupported_media(face_, request_,
                                     "No part of the request is of a type that can be stored.");
        const bool nothing = no_part && other_failures_.empty();
        if (!nothing) return std::nullopt;
        if (!standard) return http::empty_response(204);
        return refuse_body("The multipart body holds no part.");
    }

    const Face& face_;
    const http::Request& request_;
    bool pinned_;
    BodyForm form_;
    DataSetForm answer_;
    MemoryBudget::Lease memory_;
    std::uint64_t part_bytes_ = 0;
    std::uint64_t described_bytes_ = 0;  ///< of the data sets that metadata are read into
    std::optional<archive::StoreBatch> batch_;
    std::optional<http::MultipartReader> reader_;
    std::optional<MetadataStore> metadata_;
    std::optional<PartKind> part_;
    std::vector<PartFailure> other_failures_;
    bool any_bytes_ = false;
    bool any_complete_ = false;
    bool unlabelled_ = false;
    std::optional<Error> no_memory_;         ///< for the metadata of an instance
    std::optional<std::string> unreadable_;  ///< why the first part without readable headers has none
    std::unique_ptr<http::Response> early_;
};

std::unique_ptr<http::Exchange> refused(http::Response response) {
    return std::make_unique<RefusedStore>(std::move(response));
}

/// The form of the answer: data is never refused for its Accept on the standard face (D17).
Result<DataSetForm> answer_form(const Face& face, const http::Request& request) {
    auto form = choose_data_set_form(face.profile, request, {false, true});
    if (!form && face.profile.standard) return DataSetForm::json;
    return form;
}

Result<std::unique_ptr<http::Exchange>> begin_store(const Face& face, const http::RequestContext& context) {
    const http::Request& request = context.request;
    const std::string_view content_type = request.headers.get("Content-Type");
    // Another operation, which is not offered, and no study of that name (dicomweb.md 1.2).
    if (!face.profile.standard && context.params.get("study") == "$bulkUpdate")
        return refused(http::empty_response(404));
    const auto form = read_form(face.profile, content_type);
    // Order of dicomweb.md 2.1: a Content-Type that was sent, then Accept, then a missing one, then the UID.
    if (!form && face.profile.standard && lacks_boundary(content_type))
        return refused(error_response(
            face.profile, request,
            fail(ErrorCode::invalid_request, "The multipart content type has no boundary parameter.")));
    if (!form && !content_type.empty())
        return refused(unsupported_media(face, request, "The request's content type cannot be stored."));
    const auto answer = answer_form(face, request);
    if (!answer) {
        ErrorDetails details;
        details.asked = asked_ranges(request);
        details.available = available_forms(face.profile, {});
        details.bodiless = true;
        return refused(error_response(face.profile, request, answer.error(), details));
    }
    if (!form) return refused(unsupported_media(face, request, "The request has no content type."));
    index::EntityKey key;
    if (context.params.has("study")) {
        auto study = read_entity(context.params);
        if (!study) return refused(error_response(face.profile, request, study.error()));
        key = *std::move(study);
    }
    return std::make_unique<StoreExchange>(face, request, key, *form, *answer);
}

}  // namespace

std::vector<http::Route> store_routes(const Face& face) {
    std::vector<http::Route> routes;
    for (const char* pattern : {"/studies", "/studies/{study}"}) {
        http::Route route;
        route.method = http::Method::post;
        route.pattern = pattern;
        route.lane = &face.lanes.ingest;
        route.access = http::Access::write;
        route.exchange = [&face](const http::RequestContext& context) { return begin_store(face, context); };
        routes.push_back(std::move(route));
    }
    return routes;
}

}  // namespace isocenter::api
