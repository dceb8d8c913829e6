#pragma once

#include <compare>
#include <map>
#include <string>
#include <vector>

#include "dicom/query.h"
#include "index/index.h"

namespace isocenter::jobs {

/// How the row of an entity contradicts its objects in one attribute.
struct ValueContradiction {
    dicom::Tag tag;
    bool in_row = false;       ///< the row has a value
    std::int64_t said_by = 0;  ///< record of the instance that has the value that counts; 0: none has one
};

/// What stored objects say of the values by which an entity is found: of each attribute the value of the
/// newest instance that has one (index::Index::add). Gathered instance by instance, in any order; takes some
/// hundred bytes for each entity. Not thread-safe.
class EntityValues {
  public:
    explicit EntityValues(dicom::Level level) : level_(level) {}

    /// Takes what the object of `record` says.
    void add(const index::InstanceRecord& record, const index::AttributeValues& values,
             const std::vector<index::RequestItem>& requests);
    /// An object that could not be read: it might have said anything.
    void add_unread(const index::InstanceRecord& record);

    /// Where the row says something else. Nothing for an entity that is not known whole.
    std::vector<ValueContradiction> compare(const index::SearchRow& row) const;
    /// Whether `revision` is that of the instances that were added: none came or went meanwhile.
    bool is_current(const index::EntityKey& key, const index::Revision& revision) const;
    void clear() { entities_.clear(); }

  private:
    struct Value {
        std::int64_t version = 0;
        std::int64_t record = 0;
        std::string text;
    };
    struct Entity {
        std::map<dicom::Tag, Value> values;
        std::uint64_t instances = 0;
        std::int64_t newest_version = 0;
        bool unread = false;
    };
    /// Partition and the UIDs down to the level.
    using Name = std::pair<std::int64_t, std::string>;

    Name name_of(const index::EntityKey& key) const;
    Entity& entity_of(const index::InstanceRecord& record);
    static void take(Entity& entity, const index::InstanceRecord& record, dicom::Tag tag,
                     const std::string& text);

    dicom::Level level_;
    std::map<Name, Entity> entities_;
};

}  // namespace isocenter::jobs
