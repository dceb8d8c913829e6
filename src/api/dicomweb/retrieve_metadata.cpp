#include <algorithm>
#include <iterator>
#include <optional>
#include <span>
#include <utility>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/batched_text.h"
#include "api/dicomweb/document_reader.h"
#include "api/dicomweb/member_list.h"
#include "api/dicomweb/retrieval.h"
#include "api/dicomweb/store_response.h"
#include "dicom/json_filter.h"
#include "dicom/xml.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kXml = "application/dicom+xml";
constexpr std::string_view kCacheControl = "private, no-cache";

/// What every document of one answer shares.
struct Writing {
    const Face& face;
    std::string base;
    DataSetForm form = DataSetForm::json;
    std::string boundary;
    index::EntityKey key;
};

void append_face_json(const Writing& writing, const index::Document& document, std::string& out) {
    const std::string prefix = entity_uri(writing.base, document.key) + "/bulkdata/";
    dicom::JsonView view;
    view.bulk_prefix = prefix;
    view.drop_bulk = !writing.face.profile.bulk_data_links;
    view.strip_padding = writing.face.profile.standard;
    if (!writing.face.profile.standard) view.hidden = &document.hidden;
    if (writing.face.profile.utf8_character_set) view.character_set = "ISO_IR 192";
    dicom::append_filtered(out, document.json, view);
}

Status append_face_xml(const Writing& writing, const index::Document& document, std::string& out,
                       const Reserve& reserve) {
    std::string json;
    append_face_json(writing, document, json);
    return dicom::append_xml(out, json, reserve);
}

/// With its headers, of which the length comes last: it shows when the rest is written.
Status append_xml_part(const Writing& writing, const index::Document& document, bool first, std::string& out,
                       const Reserve& reserve) {
    out += (first ? "--" : "\r\n--") + writing.boundary + "\r\nContent-Type: " + std::string(kXml) +
           "\r\nContent-Location: " + entity_uri(writing.base, document.key) +
           "/metadata\r\nContent-Length: ";
    const std::size_t length = out.size();
    out += "\r\n\r\n";
    const std::size_t begin = out.size();
    ISO_CHECK(append_face_xml(writing, document, out, reserve));
    out.insert(length, std::to_string(out.size() - begin));
    return {};
}

Status append_document(const Writing& writing, const index::Document& document, bool first, std::string& out,
                       const Reserve& reserve) {
    switch (writing.form) {
        case DataSetForm::json:
            if (!first) out += ',';
            append_face_json(writing, document, out);
            return {};
        case DataSetForm::xml:
            return append_face_xml(writing, document, out, reserve);
        case DataSetForm::multipart_xml:
            return append_xml_part(writing, document, first, out, reserve);
    }
    return {};
}

/// Of the records asked, those that are no longer there.
std::size_t gone_of(const index::DocumentBatch& batch) {
    return batch.ids - batch.documents.size() - batch.unreadable;
}

class MetadataSource : public BatchedText {
  public:
    MetadataSource(Writing writing, MemberList members) : writing_(std::move(writing)) {
        members_.emplace(std::move(members));
    }

    std::size_t size() const { return members_->ids().size(); }
    /// Looks at all documents: what the status depends on must be known before the first byte. Those of a
    /// short answer are kept, those of a long one are read once more while they are sent. False when records
    /// are gone.
    Result<bool> survey() {
        ISO_TRY(const std::size_t gone, look_at_all());
        return gone == 0;
    }
    /// How many of the documents cannot be given.
    std::size_t left_out() const { return unreadable_; }
    /// Why documents that the survey counted cannot be given.
    Error refusal() const {
        if (passed_over_ || documents_->passed_over())
            return fail(ErrorCode::overloaded, "The server has not the memory for the answer.", "documents");
        return fail(ErrorCode::corrupt, "stored metadata cannot be read");
    }

  private:
    /// How many of the records are gone.
    Result<std::size_t> look_at_all() {
        documents_.emplace(writing_.face);
        const auto ids = members_->ids();
        ISO_TRY(auto batch, read_short(ids));
        unreadable_ = batch.unreadable;
        std::size_t gone = gone_of(batch);
        std::size_t seen = batch.ids;
        if (seen == ids.size()) {
            kept_ = std::move(batch);
            return gone;
        }
        kept_.reset();
        batch = {};
        while (seen < ids.size()) {
            ISO_TRY(const auto more, documents_->read(ids.subspan(seen)));
            seen += more.ids;
            unreadable_ += more.unreadable;
            gone += gone_of(more);
        }
        passed_over_ = documents_->passed_over();
        documents_.emplace(writing_.face);
        return gone;
    }

    /// The first documents: all of them where one piece holds them.
    Result<index::DocumentBatch> read_short(std::span<const std::int64_t> ids) {
        ISO_TRY(auto batch, documents_->read(ids));
        if (batch.ids == ids.size()) return batch;
        ISO_TRY(auto more, documents_->read(ids.subspan(batch.ids)));
        batch.ids += more.ids;
        batch.unreadable += more.unreadable;
        std::ranges::move(more.documents, std::back_inserter(batch.documents));
        return batch;
    }

    /// Of what was replaced since the survey the new documents. What is gone cannot be told in the status any
    /// more: a body without it must not look whole.
    Result<index::DocumentBatch> read_next() {
        if (kept_) return *std::exchange(kept_, std::nullopt);
        for (int tried = 0; tried < kMostRenewals; ++tried) {
            ISO_TRY(auto batch, documents_->read(members_->ids().subspan(next_)));
            if (gone_of(batch) == 0) return batch;
            ISO_CHECK(members_->renew(next_));
        }
        return changed_meanwhile();
    }

    Result<bool> next(std::string& text) override {
        if (next_ == 0 && writing_.form == DataSetForm::json) text += '[';
        ISO_TRY(const auto batch, read_next());
        next_ += batch.ids;
        missing_ += batch.unreadable;
        // The status has been sent: a body that breaks off says what it can say no more.
        if (missing_ > unreadable_) return refusal();
        ISO_CHECK(append(batch.documents, text));
        if (next_ < size()) return false;
        if (writing_.form == DataSetForm::json) text += ']';
        if (writing_.form == DataSetForm::multipart_xml)
            text += (first_ ? "--" : "\r\n--") + writing_.boundary + "--\r\n";
        return true;
    }

    Status append(const std::vector<index::Document>& documents, std::string& text) {
        std::uint64_t held = 0;
        for (const index::Document& document : documents)
            held += document.json.size();
        text.reserve(text.size() + held);
        for (const index::Document& document : documents) {
            const std::uint64_t beside = held + document.json.size();
            const Reserve reserve = [&](std::uint64_t bytes) { return documents_->hold(beside + bytes); };
            ISO_CHECK(append_document(writing_, document, first_, text, reserve));
            first_ = false;
            ISO_CHECK(documents_->hold(held + text.capacity()));
        }
        return documents_->hold(text.capacity());
    }

    Writing writing_;
    std::optional<MemberList> members_;
    std::optional<DocumentReader> documents_;
    std::optional<index::DocumentBatch> kept_;
    std::size_t unreadable_ = 0;
    bool passed_over_ = false;
    std::size_t missing_ = 0;  ///< of the unreadable ones, so many have been met
    std::size_t next_ = 0;
    bool first_ = true;
};

std::string content_type(const Writing& writing) {
    switch (writing.form) {
        case DataSetForm::json:
            return std::string(json_content_type(writing.face.profile));
        case DataSetForm::xml:
            return std::string(kXml);
        case DataSetForm::multipart_xml:
            return "multipart/related; type=\"" + std::string(kXml) + "\"; boundary=" + writing.boundary;
    }
    return {};
}

http::Response refuse(const Face& face, const http::Request& request, const Error& error,
                      const DataSetOffer& offer) {
    ErrorDetails details;
    details.asked = asked_ranges(request);
    details.available = available_forms(face.profile, offer);
    details.bodiless = true;
    return error_response(face.profile, request, error, details);
}

Result<std::string> tag_of(const Face& face, const index::EntityKey& key, DataSetForm form,
                           std::string_view base) {
    ISO_TRY(const index::Revision revision, face.archive.revision(key));
    std::string etag = revision_tag(revision, key);
    const bool addresses = face.profile.bulk_data_links || form == DataSetForm::multipart_xml;
    if (addresses) etag = addressed_tag(std::move(etag), base);
    if (form != DataSetForm::json) etag.insert(etag.size() - 1, form == DataSetForm::xml ? "-x" : "-mx");
    return etag;
}

/// None when something changed before the status was known: a tag belongs to one content only.
Result<std::optional<http::Response>> try_retrieve(const Face& face, const http::Request& request,
                                                   const index::EntityKey& key, DataSetForm form) {
    const std::string base = face.base_uri(request);
    ISO_TRY(std::string etag, tag_of(face, key, form, base));
    if (auto unchanged = not_modified(request, etag, kCacheControl)) return unchanged;
    ISO_TRY(auto members, MemberList::read(face, key));

    Writing writing{face, base, form, boundary_of(etag), key};
    http::Response response;
    response.headers.set("Content-Type", content_type(writing));
    auto source = std::make_unique<MetadataSource>(std::move(writing), std::move(members));
    ISO_TRY(const bool whole, source->survey());
    ISO_TRY(const std::string now, tag_of(face, key, form, base));
    if (!whole || now != etag) return std::nullopt;
    const std::size_t left_out = source->left_out();
    const std::size_t all = source->size();
    if (left_out == all || (left_out > 0 && !face.profile.partial_sets)) return source->refusal();
    if (left_out > 0) {
        // Not the tag of the whole set, which may be there again without a new revision.
        etag.insert(etag.size() - 1, "-l" + std::to_string(left_out));
        if (auto unchanged = not_modified(request, etag, kCacheControl)) return unchanged;
    }
    response.headers.set("ETag", etag);
    response.headers.set("Cache-Control", std::string(kCacheControl));
    ISO_CHECK(send_in_batches(response, std::move(source)));
    mark_partial(face, response, left_out, all);
    return response;
}

Result<http::Response> retrieve(const Face& face, const http::RequestContext& context) {
    const http::Request& request = context.request;
    // Before the UIDs are looked at (dicomweb.md 2.1).
    const DataSetOffer offer{true, context.params.has("instance")};
    const auto form = choose_data_set_form(face.profile, request, offer);
    if (!form) return refuse(face, request, form.error(), offer);
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    for (int tried = 0; tried < kMostRenewals; ++tried) {
        ISO_TRY(auto response, try_retrieve(face, request, key, *form));
        if (response) return *std::move(response);
    }
    return changed_meanwhile();
}

}  // namespace

std::vector<http::Route> retrieve_metadata_routes(const Face& face) {
    std::vector<http::Route> routes;
    for (const char* pattern : {"/studies/{study}/metadata", "/studies/{study}/series/{series}/metadata",
                                "/studies/{study}/series/{series}/instances/{instance}/metadata"}) {
        http::Route route = fetch_route(face, pattern, retrieve);
        route.lane = &face.lanes.query;
        routes.push_back(std::move(route));
    }
    return routes;
}

}  // namespace isocenter::api
