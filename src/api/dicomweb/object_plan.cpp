#include "api/dicomweb/object_plan.h"

#include <algorithm>
#include <utility>

#include "api/dicomweb/member_list.h"
#include "api/dicomweb/retrieval.h"
#include "base/digest.h"

namespace isocenter::api {
namespace {

constexpr std::string_view kDicom = "application/dicom";
constexpr std::string_view kZip = "application/zip";
/// Records without layouts that are read together, when their turn has come.
constexpr std::size_t kRecordsAtATime = 32;
/// Memory is asked for in steps of so many objects.
constexpr std::size_t kObjectsAStep = 1024;
/// About what a delivery takes with its texts.
constexpr std::size_t kDeliveryBytes = 160;
/// Among so many of the last deliveries an equal one is looked for.
constexpr std::size_t kMostCompared = 16;

/// A ZIP holds the files as they may travel.
std::optional<Delivery> deliver_file(const Profile& profile, const Wish& wish, const StoredForm& stored) {
    if (wish.media_type == kDicom) return deliver_object(profile, wish, stored);
    Wish any = wish;
    any.syntax = "*";
    return deliver_object(profile, any, stored);
}

std::string entry_name(const index::EntityKey& key) {
    return key.series.str() + "/" + key.instance.str() + ".dcm";
}

PartPlan part_of(const Face& face, const std::string& base, const index::InstanceRecord& record,
                 const Delivery& delivery) {
    PartPlan part;
    part.content_type = typed(kDicom, delivery.syntax);
    if (face.profile.standard) part.content_location = entity_uri(base, record.key);
    if (delivery.way == Delivery::Way::verbatim) part.length = record.size_bytes;
    return part;
}

/// Plans one form: a media type, multipart or not.
class Planner {
  public:
    Planner(const Face& face, std::string base, std::span<const Wish> wishes, std::size_t all)
        : face_(face),
          base_(std::move(base)),
          wishes_(wishes),
          plan_(std::make_unique<ObjectPlan>(*face.memory)) {
        plan_->media_type = wishes.front().media_type;
        plan_->multipart = wishes.front().multipart;
        members_.write(as_bytes(std::to_string(all) + (plan_->is_zip() ? "-zip" : "-m")));
        // Parts say where they are.
        if (plan_->multipart && face.profile.standard) members_.write(as_bytes(base_));
    }

    Status add(const index::InstanceRecord& record) {
        const auto choice = choose_object(face_, record, wishes_, deliver_file);
        if (!choice) return {};
        if (plan_->ids.size() % kObjectsAStep == 0) ISO_CHECK(hold(kObjectsAStep));
        const std::string tag = content_tag(record, choice->delivery.syntax);
        if (plan_->ids.empty()) plan_->etag = tag;
        members_.write(as_bytes(tag));
        plan_->ids.push_back(record.id);
        plan_->ways.push_back(place_of(choice->delivery));
        if (plan_->is_zip())
            plan_->directory_bytes += zip_directory_bytes(entry_name(record.key).size());
        else if (plan_->multipart)
            length_.add(part_of(face_, base_, record, choice->delivery));
        return {};
    }

    Result<std::unique_ptr<ObjectPlan>> finish() {
        plan_->ids.shrink_to_fit();
        plan_->ways.shrink_to_fit();
        ISO_CHECK(hold(0));
        // A file itself has its own tag.
        const std::string digest = to_hex(members_.finish()).substr(0, 40);
        if (!plan_->is_single()) plan_->etag = "\"" + digest + "\"";
        if (plan_->multipart) plan_->length = length_.total();
        return std::move(plan_);
    }

  private:
    Status hold(std::size_t more) {
        const std::size_t each = sizeof plan_->ids.front() + sizeof plan_->ways.front();
        return hold_list(plan_->memory, (plan_->ids.size() + more) * each +
                                            plan_->deliveries.size() * kDeliveryBytes +
                                            plan_->directory_bytes);
    }

    std::uint32_t place_of(const Delivery& delivery) {
        auto& known = plan_->deliveries;
        const std::size_t first = known.size() - std::min(known.size(), kMostCompared);
        for (std::size_t i = known.size(); i-- > first;) {
            if (known[i] == delivery) return static_cast<std::uint32_t>(i);
        }
        known.push_back(delivery);
        return static_cast<std::uint32_t>(known.size() - 1);
    }

    const Face& face_;
    const std::string base_;
    std::span<const Wish> wishes_;
    std::unique_ptr<ObjectPlan> plan_;
    Sha256Stream members_;
    MultipartLength length_{40};
};

class ObjectParts final : public Supply<PartPlan> {
  public:
    ObjectParts(const Face& face, std::string base, std::unique_ptr<PlannedObjects> objects)
        : face_(face), base_(std::move(base)), objects_(std::move(objects)) {}
    Result<std::optional<PartPlan>> next() override {
        ISO_TRY(auto object, objects_->next());
        if (!object) return std::optional<PartPlan>();
        PartPlan part = part_of(face_, base_, object->record, object->delivery);
        part.open = [&face = face_, object = *std::move(object)]() { return open_planned(face, object); };
        return std::optional(std::move(part));
    }

  private:
    const Face& face_;
    std::string base_;
    std::unique_ptr<PlannedObjects> objects_;
};

class ObjectEntries final : public Supply<ZipEntry> {
  public:
    ObjectEntries(const Face& face, std::unique_ptr<PlannedObjects> objects)
        : face_(face), objects_(std::move(objects)) {}
    Result<std::optional<ZipEntry>> next() override {
        ISO_TRY(auto object, objects_->next());
        if (!object) return std::optional<ZipEntry>();
        ZipEntry entry{entry_name(object->record.key), {}};
        entry.open = [&face = face_, object = *std::move(object)]() { return open_planned(face, object); };
        return std::optional(std::move(entry));
    }

  private:
    const Face& face_;
    std::unique_ptr<PlannedObjects> objects_;
};

}  // namespace

bool is_object_type(std::string_view media_type) {
    return media_type == kDicom || media_type == kZip;
}

bool ObjectPlan::is_zip() const {
    return media_type == kZip;
}

bool ObjectPlan::is_single() const {
    return !multipart && media_type == kDicom;
}

Result<std::unique_ptr<ObjectPlan>> plan_objects(const Face& face, const http::Request& request,
                                                 std::vector<Wish> wishes, std::size_t all,
                                                 const RecordWalk& walk) {
    std::erase_if(wishes, [](const Wish& wish) { return !is_object_type(wish.media_type); });
    auto partial = std::make_unique<ObjectPlan>(*face.memory);
    while (!wishes.empty()) {
        const Wish first = wishes.front();
        const auto same_form = [&first](const Wish& wish) {
            return wish.media_type == first.media_type && wish.multipart == first.multipart;
        };
        std::vector<Wish> form;
        std::ranges::copy_if(wishes, std::back_inserter(form), same_form);
        std::erase_if(wishes, same_form);
        Planner planner(face, face.base_uri(request), form, all);
        ISO_TRY(const bool complete, walk([&planner](const auto& record) { return planner.add(record); }));
        if (!complete) return std::unique_ptr<ObjectPlan>();
        ISO_TRY(auto plan, planner.finish());
        if (plan->ids.size() == all) return plan;
        if (partial->ids.empty() && face.profile.partial_sets) partial = std::move(plan);
    }
    return partial;
}

Result<std::optional<PlannedObject>> PlannedObjects::next() {
    if (next_ == plan_->ids.size()) return std::optional<PlannedObject>();
    const auto ids = std::span<const std::int64_t>(plan_->ids).subspan(next_);
    if (taken_ == batch_.size()) {
        ISO_TRY(auto more, face_.archive.records(ids.first(std::min(ids.size(), kRecordsAtATime)), false));
        batch_ = std::move(more.records);
        taken_ = 0;
    }
    if (taken_ == batch_.size() || batch_[taken_].id != ids.front()) return changed_meanwhile();
    PlannedObject object{std::move(batch_[taken_++]), plan_->deliveries[plan_->ways[next_++]]};
    if (object.delivery.way != Delivery::Way::verbatim && object.record.layout.empty()) {
        ISO_TRY(auto again, face_.archive.records(ids.first(1), true));
        if (again.records.empty()) return changed_meanwhile();
        object.record = std::move(again.records.front());
    }
    return std::optional(std::move(object));
}

Result<std::unique_ptr<ByteSource>> open_planned(const Face& face, const PlannedObject& object) {
    if (object.delivery.way == Delivery::Way::verbatim) return face.archive.open_object(object.record);
    ISO_TRY(const auto location, with_layout(object.record));
    return open_object_as(face, *location, object.delivery);
}

std::optional<std::uint64_t> length_of(const PlannedObject& object) {
    if (object.delivery.way == Delivery::Way::verbatim) return object.record.size_bytes;
    return std::nullopt;
}

std::unique_ptr<Supply<PartPlan>> make_object_parts(const Face& face, std::string base,
                                                    std::unique_ptr<PlannedObjects> objects) {
    return std::make_unique<ObjectParts>(face, std::move(base), std::move(objects));
}

std::unique_ptr<Supply<ZipEntry>> make_object_entries(const Face& face,
                                                      std::unique_ptr<PlannedObjects> objects) {
    return std::make_unique<ObjectEntries>(face, std::move(objects));
}

}  // namespace isocenter::api
