#include <algorithm>

#include "api/dicomweb/member_list.h"
#include "api/dicomweb/object_plan.h"
#include "api/dicomweb/retrieval.h"
#include "api/dicomweb/retrieve_bulkdata.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kDicom = "application/dicom";
/// Records with layouts that are looked at together before the answer begins.
constexpr std::size_t kRecordsAtATime = 64;

/// What is asked for.
struct Retrieval {
    const Face& face;
    const http::Request& request;
    index::EntityKey key;
    std::vector<Wish> wishes;
    ByteResource resource = ByteResource::object_set;
};

Result<http::Response> as_single(const Face& face, const http::Request& request, std::string_view etag,
                                 PlannedObjects& objects) {
    ISO_TRY(const auto object, objects.next());
    SinglePlan plan;
    plan.content_type = typed(kDicom, object->delivery.syntax);
    if (face.profile.standard) plan.content_location = entity_uri(face.base_uri(request), object->record.key);
    plan.etag = std::string(etag);
    plan.length = length_of(*object);
    plan.open = [&](std::optional<ByteRange> range) -> Result<std::unique_ptr<ByteSource>> {
        if (range) return face.archive.open_object(object->record, range);
        return open_planned(face, *object);
    };
    return single_response(face.profile, request, plan);
}

/// `known`: records of the first objects.
Result<http::Response> send(const Face& face, const http::Request& request, std::unique_ptr<ObjectPlan> plan,
                            std::vector<index::InstanceRecord> known) {
    const ObjectPlan& planned = *plan;
    auto objects = std::make_unique<PlannedObjects>(face, std::move(plan), std::move(known));
    if (planned.is_single()) return as_single(face, request, planned.etag, *objects);
    if (planned.is_zip()) {
        const std::size_t directory_bytes = planned.directory_bytes;
        http::Response response;
        response.headers.set("Content-Type", planned.media_type);
        response.body = make_zip_source(make_object_entries(face, std::move(objects)), directory_bytes);
        return response;
    }
    const std::string boundary = boundary_of(planned.etag);
    const auto length = planned.length;
    return multipart_response(kDicom, boundary,
                              make_object_parts(face, face.base_uri(request), std::move(objects)), length);
}

http::Response refuse(const Retrieval& asked, const index::InstanceRecord* first, std::size_t count) {
    const Face& face = asked.face;
    std::vector<std::string> available;
    std::string reason = "No instance can be given in an acceptable form.";
    if (first != nullptr) {
        available = available_objects(face, asked.resource, *first);
        if (count > 1) available.insert(available.begin(), range_text(kDicom, true, "*"));
        if (count == 1)
            reason = "The instance is stored as " + first->transfer_syntax +
                     " and cannot be given in the form asked for.";
        else if (!face.profile.partial_sets)
            reason = "Not every instance can be given in the form asked for.";
    } else {
        available = {range_text(kDicom, true, "*"), range_text(kDicom, true, dicom::kExplicitVrLittleEndian)};
    }
    return not_acceptable(face, asked.request, reason, std::move(available));
}

/// What can be had beside the objects, where none of them can. `records`: all of them.
Result<http::Response> without_objects(const Retrieval& asked,
                                       const std::vector<index::InstanceRecord>& records) {
    const bool bulk =
        std::ranges::any_of(asked.wishes, [](const Wish& w) { return !is_object_type(w.media_type); });
    // Octets mean all bulk data, image and video types the pixel data (standard-face.md 2.3).
    const bool octets = std::ranges::any_of(
        asked.wishes, [](const Wish& w) { return w.media_type == "application/octet-stream"; });
    if (bulk)
        return retrieve_bulk_of(asked.face, asked.request, records,
                                octets ? BulkScope::all : BulkScope::pixel_data);
    return refuse(asked, &records.front(), records.size());
}

/// `known`: the records themselves of an instance, none of a set.
Result<http::Response> answer(const Retrieval& asked, std::unique_ptr<ObjectPlan> plan, std::size_t all,
                              std::vector<index::InstanceRecord> known) {
    if (plan->ids.empty()) {
        if (!known.empty()) return without_objects(asked, known);
        ISO_TRY(const auto records, asked.face.archive.list(asked.key));
        return without_objects(asked, records);
    }
    const std::string etag = plan->etag;
    if (auto unchanged = not_modified(asked.request, etag, {})) return *std::move(unchanged);
    const std::size_t left_out = all - plan->ids.size();
    ISO_TRY(auto response, send(asked.face, asked.request, std::move(plan), std::move(known)));
    response.headers.set("ETag", etag);
    if (response.status == 200) mark_partial(asked.face, response, left_out, all);
    return response;
}

Result<http::Response> retrieve_one(const Retrieval& asked) {
    ISO_TRY(const auto location, asked.face.archive.locate(asked.key));
    std::vector<index::InstanceRecord> records{location->record};
    if (records.front().layout.empty()) records.front().layout = dicom::encode_layout(location->layout);
    const RecordWalk walk = [&records](const auto& show) -> Result<bool> {
        ISO_CHECK(show(records.front()));
        return true;
    };
    ISO_TRY(auto plan, plan_objects(asked.face, asked.request, asked.wishes, 1, walk));
    return answer(asked, std::move(plan), 1, std::move(records));
}

Result<http::Response> retrieve_set(const Retrieval& asked) {
    for (int tried = 0; tried < kMostRenewals; ++tried) {
        ISO_TRY(const MemberList members, MemberList::read(asked.face, asked.key));
        const auto ids = members.ids();
        const RecordWalk walk = [&](const auto& show) -> Result<bool> {
            for (std::size_t next = 0; next < ids.size();) {
                const auto some = ids.subspan(next, std::min(kRecordsAtATime, ids.size() - next));
                ISO_TRY(const auto batch, asked.face.archive.records(some, true));
                if (batch.records.size() != batch.ids) return false;
                for (const index::InstanceRecord& record : batch.records)
                    ISO_CHECK(show(record));
                next += batch.ids;
            }
            return true;
        };
        ISO_TRY(auto plan, plan_objects(asked.face, asked.request, asked.wishes, ids.size(), walk));
        if (plan) return answer(asked, std::move(plan), ids.size(), {});
    }
    return changed_meanwhile();
}

Result<http::Response> retrieve(const Face& face, const http::RequestContext& context) {
    ISO_TRY(const index::EntityKey key, read_entity(context.params));
    const ByteResource resource = key.instance.empty() ? ByteResource::object_set : ByteResource::object;
    const Retrieval asked{face, context.request, key,
                          find_wishes(face.profile, read_accept(face.profile, context.request), resource),
                          resource};
    if (asked.wishes.empty()) return refuse(asked, nullptr, 0);
    return key.instance.empty() ? retrieve_set(asked) : retrieve_one(asked);
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
