#include <span>

#include "api/dicomweb/accept.h"
#include "api/dicomweb/batched_text.h"
#include "api/dicomweb/document_reader.h"
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

class MetadataSource : public BatchedText {
  public:
    MetadataSource(Writing writing, std::vector<std::int64_t> ids)
        : writing_(std::move(writing)), ids_(std::move(ids)), documents_(writing_.face) {}

  private:
    Result<bool> next(std::string& text) override {
        if (next_ == 0 && writing_.form == DataSetForm::json) text += '[';
        ISO_TRY(const auto batch, documents_.read(std::span(ids_).subspan(next_)));
        next_ += batch.ids;
        ISO_CHECK(append(batch.documents, text));
        if (next_ < ids_.size()) return false;
        if (first_) return absence();
        if (writing_.form == DataSetForm::json) text += ']';
        if (writing_.form == DataSetForm::multipart_xml)
            text += (first_ ? "--" : "\r\n--") + writing_.boundary + "--\r\n";
        return true;
    }

    /// Why there is no document at all: everything was removed meanwhile, or nothing can be read.
    Error absence() const {
        const auto records = writing_.face.archive.list(writing_.key);
        if (!records) return records.error();
        if (documents_.passed_over())
            return fail(ErrorCode::overloaded, "The server has not the memory for the answer.", "documents");
        return fail(ErrorCode::corrupt, "the stored metadata cannot be read");
    }

    Status append(const std::vector<index::Document>& documents, std::string& text) {
        std::uint64_t held = 0;
        for (const index::Document& document : documents)
            held += document.json.size();
        text.reserve(text.size() + held);
        for (const index::Document& document : documents) {
            const std::uint64_t beside = held + document.json.size();
            const Reserve reserve = [&](std::uint64_t bytes) { return documents_.hold(beside + bytes); };
            ISO_CHECK(append_document(writing_, document, first_, text, reserve));
            first_ = false;
            ISO_CHECK(documents_.hold(held + text.capacity()));
        }
        return documents_.hold(text.capacity());
    }

    Writing writing_;
    std::vector<std::int64_t> ids_;
    DocumentReader documents_;
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

Result<std::vector<std::int64_t>> record_ids(const Face& face, const index::EntityKey& key) {
    std::vector<std::int64_t> ids;
    if (!key.instance.empty()) {
        ISO_TRY(const auto location, face.archive.locate(key));
        ids.push_back(location->record.id);
        return ids;
    }
    ISO_TRY(const auto records, face.archive.list(key));
    for (const index::InstanceRecord& record : records)
        ids.push_back(record.id);
    return ids;
}

http::Response refuse(const Face& face, const http::Request& request, const Error& error,
                      const DataSetOffer& offer) {
    ErrorDetails details;
    details.asked = asked_ranges(request);
    details.available = available_forms(face.profile, offer);
    details.bodiless = true;
    return error_response(face.profile, request, error, details);
}

Result<http::Response> retrieve(const Face& face, const http::RequestContext& context) {
    const http::Request& request = context.request;
    // Before the UIDs are looked at (dicomweb.md 2.1).
    const DataSetOffer offer{true, context.params.has("instance")};
    const auto form = choose_data_set_form(face.profile, request, offer);
    if (!form) return refuse(face, request, form.error(), offer);
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    ISO_TRY(const index::Revision revision, face.archive.revision(key));
    std::string etag = revision_tag(revision, key);
    if (*form != DataSetForm::json) etag.insert(etag.size() - 1, *form == DataSetForm::xml ? "-x" : "-mx");
    if (auto unchanged = not_modified(request, etag, kCacheControl)) return *std::move(unchanged);
    ISO_TRY(auto ids, record_ids(face, key));

    Writing writing{face, face.base_uri(request), *form, boundary_of(etag), key};
    http::Response response;
    response.headers.set("Content-Type", content_type(writing));
    response.headers.set("ETag", etag);
    response.headers.set("Cache-Control", std::string(kCacheControl));
    ISO_CHECK(
        send_in_batches(response, std::make_unique<MetadataSource>(std::move(writing), std::move(ids))));
    return response;
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
