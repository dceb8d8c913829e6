#include "api/dicomweb/member_list.h"

#include <unordered_map>
#include <utility>

namespace isocenter::api {
namespace {

/// Of lists: those of most series.
constexpr std::uint64_t kFreeBytes = 16 * 1024;

}  // namespace

Error changed_meanwhile() {
    return fail(ErrorCode::changed, std::string(archive::kChangedMeanwhile), "members");
}

Status hold_list(MemoryBudget::Lease& memory, std::uint64_t bytes) {
    return memory.resize(bytes < kFreeBytes ? 0 : bytes);
}

Result<MemberList> MemberList::read(const Face& face, const index::EntityKey& key) {
    MemberList list(face, key);
    ISO_TRY(const auto members, face.archive.members(key));
    ISO_CHECK(hold_list(list.memory_, members.size() * sizeof(index::Member)));
    list.ids_.reserve(members.size());
    list.names_.reserve(members.size());
    for (const index::Member& member : members) {
        list.ids_.push_back(member.record);
        list.names_.push_back(member.name);
    }
    return list;
}

Status MemberList::renew(std::size_t from) {
    const auto members = face_->archive.members(key_);
    if (!members) {
        const ErrorCode code = members.error().code;
        const bool none = code == ErrorCode::not_found || code == ErrorCode::gone;
        return none ? changed_meanwhile() : members.error();
    }
    std::unordered_map<std::uint64_t, std::int64_t> records;
    for (const index::Member& member : *members)
        records.emplace(member.name, member.record);
    for (std::size_t i = from; i < ids_.size(); ++i) {
        const auto found = records.find(names_[i]);
        if (found == records.end()) return changed_meanwhile();
        ids_[i] = found->second;
    }
    return {};
}

}  // namespace isocenter::api
