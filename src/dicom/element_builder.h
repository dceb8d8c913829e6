#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "dicom/data_set.h"

/// What the readers of JSON and XML share.
namespace isocenter::dicom {

/// The VR of an attribute that came with the letters `vr`, which may be empty: those letters, else the
/// dictionary's. For letters that the standard does not have and an attribute that the dictionary does not
/// have, or whose value came as bytes, UN. `invalid_request` when nothing tells it.
Result<Vr> vr_of(Tag tag, std::string_view vr, bool as_bytes);

/// Fills `element.bytes` with the texts of its values (UTF-8); an empty text is an empty value.
/// `invalid_request` when a value cannot be of the element's VR; `letters` are those it came with.
Status set_values(Element& element, const std::vector<std::string>& values, std::string_view letters);

/// Elements in any order as a data set. `invalid_request` when a tag is there twice.
Result<DataSet> make_data_set(std::vector<Element> elements);

/// Names UTF-8 in (0008,0005), at the top and in items that have their own, when any text is beyond ASCII.
void declare_utf8(DataSet& data_set);
/// The same for text that is not held.
void force_utf8(DataSet& data_set);

}  // namespace isocenter::dicom
