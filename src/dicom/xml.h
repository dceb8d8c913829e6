#pragma once

#include <string>
#include <string_view>

#include "base/memory_budget.h"
#include "base/result.h"
#include "dicom/data_set.h"
#include "dicom/salvaged.h"

namespace isocenter::dicom {

/// A Native DICOM Model document (PS3.19 A.1) with XML declaration, in UTF-8, so (0008,0005) is `ISO_IR 192`
/// where it is present. Private attributes have block 00 and their creator's name; creators are written too.
/// Values by `bulk_uri`, or by place as path, become BulkData; characters that XML 1.0 does not allow are
/// dropped, bytes that are no UTF-8 (of a URI) become U+FFFD.
std::string to_xml(const DataSet& data_set);

/// Appends the same of the JSON that append_json or append_filtered wrote, attribute by attribute: no more
/// than one is held beside the two texts, however many there are. `corrupt` when it is no such text.
/// `reserve` is asked for what `out` and that attribute take; an error of it is returned.
Status append_xml(std::string& out, std::string_view json, const Reserve& reserve = {});

/// Reads such a document; namespaces and the case of attribute names are not insisted on, nor on `number`,
/// `vr` or `keyword` where they can be told. Private attributes get the block of their creator. Text becomes
/// UTF-8 as in read_json. `invalid_request` with the place: ill-formed XML, a document type declaration, an
/// entity that is not one of XML's own five, an attribute twice, more than 64 nested sequences.
Result<DataSet> read_xml(std::string_view text);

/// The same, but attributes that cannot be read spoil no other. `invalid_request` for ill-formed XML, another
/// root element, and more than kMaxXmlElements.
Result<Salvaged> salvage_xml(std::string_view text);

inline constexpr std::size_t kMaxXmlElements = 2'000'000;

/// What a reader has to make room for: no fewer elements, and no fewer attributes, than a well-formed text
/// has, and close to that.
struct XmlCounts {
    std::size_t elements = 0;
    std::size_t attributes = 0;
};
XmlCounts count_xml(std::string_view text);

}  // namespace isocenter::dicom
