#include <algorithm>

#include "api/dicomweb/retrieval.h"
#include "api/dicomweb/retrieve_bulkdata.h"
#include "api/dicomweb/zip_body.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kDicom = "application/dicom";
constexpr std::string_view kZip = "application/zip";

bool is_object_type(std::string_view media_type) {
    return media_type == kDicom || media_type == kZip;
}

/// A ZIP holds the files as they may travel.
std::optional<Delivery> deliver_file(const Profile& profile, const Wish& wish, const StoredForm& stored) {
    if (wish.media_type == kDicom) return deliver_object(profile, wish, stored);
    Wish any = wish;
    any.syntax = "*";
    return deliver_object(profile, any, stored);
}

/// One instance and how it goes out.
struct Planned {
    const index::InstanceRecord* record = nullptr;
    Delivery delivery;
};
struct Plan {
    std::vector<Planned> files;
    bool multipart = false;
    std::string media_type;
};

/// How the wishes of one form (media type, multipart or not) can be met by all the records.
Plan plan_form(const Face& face, std::span<const Wish> wishes,
               const std::vector<index::InstanceRecord>& records) {
    Plan plan;
    plan.multipart = wishes.front().multipart;
    plan.media_type = wishes.front().media_type;
    for (const index::InstanceRecord& record : records) {
        auto choice = choose_object(face, record, wishes, deliver_file);
        if (choice) plan.files.push_back({&record, std::move(choice->delivery)});
    }
    return plan;
}

/// The first form that suits all instances, else the first that suits some where partial sets are given (D6).
Plan make_plan(const Face& face, std::vector<Wish> wishes,
               const std::vector<index::InstanceRecord>& records) {
    std::erase_if(wishes, [](const Wish& wish) { return !is_object_type(wish.media_type); });
    Plan partial;
    while (!wishes.empty()) {
        const Wish first = wishes.front();
        const auto same_form = [&first](const Wish& wish) {
            return wish.media_type == first.media_type && wish.multipart == first.multipart;
        };
        std::vector<Wish> form;
        std::ranges::copy_if(wishes, std::back_inserter(form), same_form);
        std::erase_if(wishes, same_form);
        Plan plan = plan_form(face, form, records);
        if (plan.files.size() == records.size()) return plan;
        if (partial.files.empty()) partial = std::move(plan);
    }
    if (!face.profile.partial_sets) partial.files.clear();
    return partial;
}

Result<std::unique_ptr<ByteSource>> open_file(const Face& face, const index::InstanceRecord& record,
                                              const Delivery& delivery) {
    if (delivery.way == Delivery::Way::verbatim) return face.archive.open_object(record);
    ISO_TRY(const auto location, with_layout(record));
    return open_object_as(face, *location, delivery);
}

std::optional<std::uint64_t> file_length(const Planned& file) {
    if (file.delivery.way == Delivery::Way::verbatim) return file.record->size_bytes;
    return std::nullopt;
}

std::string set_tag(const std::vector<index::InstanceRecord>& records, const Plan& plan) {
    std::string members = std::to_string(records.size()) + (plan.media_type == kZip ? "-zip" : "-m");
    for (const Planned& file : plan.files)
        members += content_tag(*file.record, file.delivery.syntax);
    return "\"" + boundary_of(members) + "\"";
}

SourceOpener file_opener(const Face& face, const Planned& file) {
    const auto record = std::make_shared<index::InstanceRecord>(*file.record);
    return [&face, record, delivery = file.delivery]() { return open_file(face, *record, delivery); };
}

Result<http::Response> as_zip(const Face& face, const Plan& plan) {
    std::vector<ZipEntry> entries;
    for (const Planned& file : plan.files) {
        const std::string name =
            file.record->key.series.str() + "/" + file.record->key.instance.str() + ".dcm";
        entries.push_back({name, file_opener(face, file)});
    }
    http::Response response;
    response.headers.set("Content-Type", std::string(kZip));
    response.body = make_zip_source(std::move(entries));
    return response;
}

Result<http::Response> as_multipart(const Face& face, const http::Request& request, const Plan& plan,
                                    std::string_view etag) {
    const std::string base = face.base_uri(request);
    std::vector<PartPlan> parts;
    for (const Planned& file : plan.files) {
        PartPlan part;
        part.content_type = typed(kDicom, file.delivery.syntax);
        if (face.profile.standard) part.content_location = entity_uri(base, file.record->key);
        part.length = file_length(file);
        part.open = file_opener(face, file);
        parts.push_back(std::move(part));
    }
    return multipart_response(kDicom, boundary_of(etag), std::move(parts));
}

Result<http::Response> as_single(const Face& face, const http::Request& request, const Planned& file,
                                 std::string_view etag) {
    SinglePlan plan;
    plan.content_type = typed(kDicom, file.delivery.syntax);
    if (face.profile.standard) plan.content_location = entity_uri(face.base_uri(request), file.record->key);
    plan.etag = std::string(etag);
    plan.length = file_length(file);
    plan.open = [&face, &file](std::optional<ByteRange> range) -> Result<std::unique_ptr<ByteSource>> {
        if (range) return face.archive.open_object(*file.record, range);
        return open_file(face, *file.record, file.delivery);
    };
    return single_response(face.profile, request, plan);
}

Result<std::vector<index::InstanceRecord>> find_records(const Face& face, const index::EntityKey& key) {
    if (key.instance.empty()) return face.archive.list(key);
    ISO_TRY(const auto location, face.archive.locate(key));
    std::vector<index::InstanceRecord> records{location->record};
    if (records.front().layout.empty()) records.front().layout = dicom::encode_layout(location->layout);
    return records;
}

http::Response refuse(const Face& face, const http::Request& request, ByteResource resource,
                      const std::vector<index::InstanceRecord>& records) {
    std::vector<std::string> available;
    std::string reason = "No instance can be given in an acceptable form.";
    if (!records.empty()) {
        available = available_objects(face, resource, records.front());
        if (records.size() > 1) available.insert(available.begin(), range_text(kDicom, true, "*"));
        if (records.size() == 1)
            reason = "The instance is stored as " + records.front().transfer_syntax +
                     " and cannot be given in the form asked for.";
        else if (!face.profile.partial_sets)
            reason = "Not every instance can be given in the form asked for.";
    } else {
        available = {range_text(kDicom, true, "*"), range_text(kDicom, true, dicom::kExplicitVrLittleEndian)};
    }
    return not_acceptable(face, request, reason, std::move(available));
}

Result<http::Response> retrieve(const Face& face, const http::RequestContext& context) {
    const http::Request& request = context.request;
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    const ByteResource resource = key.instance.empty() ? ByteResource::object_set : ByteResource::object;
    const auto wishes = find_wishes(face.profile, read_accept(face.profile, request), resource);
    if (wishes.empty()) return refuse(face, request, resource, {});
    ISO_TRY(const auto records, find_records(face, key));
    const Plan plan = make_plan(face, wishes, records);
    if (plan.files.empty()) {
        const bool bulk =
            std::ranges::any_of(wishes, [](const Wish& w) { return !is_object_type(w.media_type); });
        // Octets mean all bulk data, image and video types the pixel data (standard-face.md 2.3).
        const bool octets = std::ranges::any_of(
            wishes, [](const Wish& w) { return w.media_type == "application/octet-stream"; });
        if (bulk)
            return retrieve_bulk_of(face, request, records, octets ? BulkScope::all : BulkScope::pixel_data);
        return refuse(face, request, resource, records);
    }
    const bool single = !plan.multipart && plan.media_type == kDicom;
    const std::string etag = single
                                 ? content_tag(*plan.files.front().record, plan.files.front().delivery.syntax)
                                 : set_tag(records, plan);
    if (auto unchanged = not_modified(request, etag, {})) return *std::move(unchanged);
    auto response =
        single ? as_single(face, request, plan.files.front(), etag)
               : (plan.media_type == kZip ? as_zip(face, plan) : as_multipart(face, request, plan, etag));
    if (!response) return std::move(response).error();
    response->headers.set("ETag", etag);
    if (response->status == 200)
        mark_partial(face, *response, records.size() - plan.files.size(), records.size());
    return response;
}

}  // namespace

std::vector<http::Route> retrieve_instances_routes(const Face& face) {
    std::vector<http::Route> routes;
    for (const char* pattern : {"/studies/{study}", "/studies/{study}/series/{series}",
                                "/studies/{study}/series/{series}/instances/{instance}"})
        routes.push_back(fetch_route(face, pattern, retrieve));
    return routes;
}

}  // namespace isocenter::api
