#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "api/profile.h"
#include "dicom/query.h"
#include "dicom/tag.h"

namespace isocenter::api {

/// The search resources (dicomweb.md 1.2 Q1 to Q6; standard-face.md 1.1).
enum class SearchResource {
    studies,
    all_series,
    all_instances,
    study_series,
    study_instances,
    series_instances,
};

/// What one row stands for.
dicom::Level row_level(SearchResource resource);
/// Whether the rows of `resource` carry and match attributes of `level` by themselves: Q3 all three, Q4
/// series alone.
bool covers_level(SearchResource resource, dicom::Level level);

/// The level that an attribute belongs to when the standard's modules say so (patient and study modules;
/// series modules), else instance.
dicom::Level level_of(dicom::Tag tag);

/// One attribute of a row.
struct ReturnField {
    dicom::Tag tag;
    bool required = false;  ///< present even without a value
    bool whole = false;     ///< asked for by name: everything of it, not the part the index keeps
};

/// What rows carry, ascending by tag, each tag once.
struct ReturnSet {
    std::vector<ReturnField> fields;
    bool whole_document = false;  ///< everything the instance has besides

    /// Adds, or strengthens the field that is there.
    void add(ReturnField field);
    bool has(dicom::Tag tag) const;
};

/// The attributes that rows of `resource` have when nothing is included (dicomweb.md 6.4, standard-face.md
/// 5.3), and with `all` those of includefield=all.
ReturnSet default_return_set(const Profile& profile, SearchResource resource, bool all);

/// Whether a row's value of `field` needs the stored document; false: the index row has it.
bool needs_document(const Profile& profile, dicom::Level level, const ReturnSet& set);

}  // namespace isocenter::api
