#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dicom/query.h"
#include "dicom/tag.h"

namespace isocenter::index::sql {

/// What a column beside the stored value holds: `_fold` for text and names, `_sort` for the others.
enum class Kind { text, name, date, time, number };

/// An attribute kept in a column of study, series or instance.
struct Column {
    dicom::Tag tag;
    std::string_view name;
    Kind kind;
};

/// In the order of SELECT lists. Static storage.
std::span<const Column> study_columns();
std::span<const Column> series_columns();
std::span<const Column> instance_columns();
std::span<const Column> columns_of(dicom::Level level);

/// `patient_id_fold`, `study_date_sort`.
std::string derived_name(const Column& column);

/// What is compared of a stored text or name: of several values, which '\' separates, the first.
inline std::string_view first_of(std::string_view stored) {
    return stored.substr(0, stored.find('\\'));
}

/// Number by which names are filed in name_group and name_word.
inline std::int64_t tag_number(dicom::Tag tag) {
    return std::int64_t{tag.value()};
}

}  // namespace isocenter::index::sql
