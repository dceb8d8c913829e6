#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "api/dicomweb/byte_response.h"
#include "api/dicomweb/negotiation.h"
#include "api/dicomweb/zip_body.h"
#include "api/face.h"

namespace isocenter::api {

/// `application/dicom` or `application/zip`.
bool is_object_type(std::string_view media_type);

/// How the instances of an answer go out, in some bytes each, charged to the memory of all requests: what is
/// held of them until their turn comes.
struct ObjectPlan {
    explicit ObjectPlan(MemoryBudget& budget) : memory(budget) {}
    bool is_zip() const;
    bool is_single() const;  ///< the file itself

    std::string media_type;
    bool multipart = false;
    std::vector<std::int64_t> ids;        ///< of their records, in order
    std::vector<std::uint32_t> ways;      ///< of each the place of its delivery
    std::vector<Delivery> deliveries;     ///< equal ones seldom twice
    std::string etag;                     ///< with quotes
    std::optional<std::uint64_t> length;  ///< of a multipart body, when known
    std::size_t directory_bytes = 0;      ///< of a ZIP archive
    MemoryBudget::Lease memory;
};

/// Shows every record of an answer, with its layout, in order; false when some of them are gone.
using RecordWalk = std::function<Result<bool>(const std::function<Status(const index::InstanceRecord&)>&)>;

/// By the first form of `wishes` that suits all of the `all` records, else the first that suits some where
/// partial sets are given (standard-face.md D6); without ids when there is none. nullptr when records are
/// gone. Walks once for each form that it tries.
Result<std::unique_ptr<ObjectPlan>> plan_objects(const Face& face, const http::Request& request,
                                                 std::vector<Wish> wishes, std::size_t all,
                                                 const RecordWalk& walk);

/// One object whose turn has come.
struct PlannedObject {
    index::InstanceRecord record;
    Delivery delivery;
};

/// The objects of a plan, their records read a few at a time. `unavailable` when one is gone or was replaced:
/// tag and length of the answer are those of what was planned.
class PlannedObjects final : public Supply<PlannedObject> {
  public:
    /// `known`: records of the first objects, with layouts.
    PlannedObjects(const Face& face, std::unique_ptr<ObjectPlan> plan,
                   std::vector<index::InstanceRecord> known)
        : face_(face), plan_(std::move(plan)), batch_(std::move(known)) {}
    Result<std::optional<PlannedObject>> next() override;

  private:
    const Face& face_;
    std::unique_ptr<ObjectPlan> plan_;
    std::vector<index::InstanceRecord> batch_;
    std::size_t taken_ = 0;  ///< of the batch
    std::size_t next_ = 0;
};

Result<std::unique_ptr<ByteSource>> open_planned(const Face& face, const PlannedObject& object);
/// When it is known without reading.
std::optional<std::uint64_t> length_of(const PlannedObject& object);

/// The same as parts, and as files of a ZIP archive. `base`: URI of the face.
std::unique_ptr<Supply<PartPlan>> make_object_parts(const Face& face, std::string base,
                                                    std::unique_ptr<PlannedObjects> objects);
std::unique_ptr<Supply<ZipEntry>> make_object_entries(const Face& face,
                                                      std::unique_ptr<PlannedObjects> objects);

}  // namespace isocenter::api
